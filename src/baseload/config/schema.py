"""Every key of a `baseload.toml`: its kind, unit, default, limits, and one sentence on what it is for.

This table drives the reader, the environment overrides and the test that every key is documented.
`{name}` in a section's path stands for an id that the writer of the file chooses.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from baseload.config.cloud import Billing, Business, EngineKind, Tenure, Tier

Kind = Literal[
    "text", "flag", "whole", "number", "auto_whole", "auto_number", "money", "price", "choice", "choices", "day"
]
REQUIRED = object()
"""The default of a key that has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key. `low` and `high` are inclusive; `default` is what stands when the file is silent."""

    name: str
    kind: Kind
    about: str
    unit: str = ""
    default: object = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A table of the file: `path` is ("site", "{name}") for tables that carry an id, ("gateway",) for single ones."""

    path: tuple[str, ...]
    about: str
    keys: tuple[Key, ...]

    @property
    def named(self) -> bool:
        return self.path[-1:] == ("{name}",)

    def key(self, name: str) -> Key | None:
        return next((key for key in self.keys if key.name == name), None)


TIERS: tuple[str, ...] = get_args(Tier)
_HUGE = 1e12


def _text(name: str, about: str, default: object = None) -> Key:
    return Key(name=name, kind="text", about=about, default=default)


def _whole(name: str, about: str, default: object, low: float = 0, high: float = _HUGE, unit: str = "") -> Key:
    return Key(name=name, kind="whole", about=about, default=default, low=low, high=high, unit=unit)


def _number(name: str, about: str, default: object, low: float = 0, high: float = _HUGE, unit: str = "") -> Key:
    return Key(name=name, kind="number", about=about, default=default, low=low, high=high, unit=unit)


def _money(name: str, about: str, default: object = 0) -> Key:
    return Key(name=name, kind="money", about=about, unit="USD", default=default, low=0, high=9e9)


def _price(name: str, about: str) -> Key:
    return Key(name=name, kind="price", about=about, unit="USD per million tokens", low=0, high=1e6)


def _choice(name: str, about: str, choices: tuple[str, ...], default: object) -> Key:
    return Key(name=name, kind="choice", about=about, choices=choices, default=default)


TOP = Section(
    path=(),
    about="The whole description.",
    keys=(_text("name", "what you call this cloud; shown on every page", "cloud"),),
)
SITE = Section(
    path=("site", "{name}"),
    about="A place with power.",
    keys=(
        Key(
            name="envelope_w",
            kind="auto_number",
            about='what the site may draw, cooling included; "auto": what its pools draw at full load, plus a fifth',
            unit="W",
            default=0,
            low=0.1,
            high=1e11,
        ),
        _number("pue", "power usage effectiveness: watts at the meter for each watt at the chips", 1.0, 1.0, 5.0),
        _text("tariff", "what a megawatt-hour costs: an entry of the catalogue", REQUIRED),
        _number("space_usd_per_hour", "rent of the space", 0.0, unit="USD/h"),
        _number("staff_usd_per_hour", "people who look after it", 0.0, unit="USD/h"),
    ),
)
POOL = Section(
    path=("pool", "{name}"),
    about="Like chips at one site.",
    keys=(
        _text("site", "the site it stands at", REQUIRED),
        _text("chip", 'an entry of the catalogue; "auto": the one that fits this machine', "auto"),
        _whole("nodes", "machines in the pool", 1, 1, 1e6),
        Key(
            name="chips_per_node",
            kind="auto_whole",
            about='chips in each machine; "auto": as many as this machine shows',
            default=0,
            low=1,
            high=65536,
        ),
        _choice(
            "tenure", "owned chips depreciate, leased and rented ones cost rent, used or not", get_args(Tenure), "owned"
        ),
        _number(
            "price_usd_per_chip",
            "what one chip cost with its share of the machine; silent: the catalogue's price",
            None,
            0,
            1e9,
            "USD",
        ),
        _number("rent_usd_per_chip_hour", "rent of a leased or rented chip", None, 0, 1e6, "USD/h"),
        _number("life_years", "straight-line life; silent: the catalogue's", None, 0.25, 40, "years"),
        Key(name="bought", kind="day", about="the day they were bought; silent: counted as bought today", default=0),
        _choice(
            "sensor",
            'where joules come from; "auto" takes the best there is',
            ("auto", "rapl", "nvml", "modelled"),
            "auto",
        ),
    ),
)
MODEL = Section(
    path=("model", "{name}"),
    about="A model as tenants name it.",
    keys=(
        _text("pool", "the pool it runs on", REQUIRED),
        _choice("engine", "what serves it", get_args(EngineKind), REQUIRED),
        _text("catalog", "the catalogue's entry for its weights"),
        _text("path", "a model file of your own, instead of `catalog`"),
        _text("sha256", "digest of `path`, 64 hex digits; a file that differs is not loaded"),
        _whole("replicas", "engine processes", 1, 0, 10_000),
        _whole("threads", "CPU threads of each; 0: all of the machine's", 0, 0, 4096),
        _whole("context_tokens", "longest prompt plus answer", 8192, 16, 1e8, "tokens"),
        _whole("slots", "sequences that run at once in one replica", 16, 1, 65536),
        Key(
            name="prefix_cache",
            kind="flag",
            about="reuse the work of a common beginning; only if all tenants are one trust group",
            default=False,
        ),
        _number("kv_cache_gb", "memory for attention keys and values", 1.0, 0.01, 1e5, "GB"),
        _number("temperature", "of a request that says none, in our own engines", 1.0, 0, 2),
        _number("top_p", "of a request that says none, in our own engines", 1.0, 0.01, 1),
        _text("url", "where an external engine answers, without /v1"),
        _text("upstream_model", "the external engine's own name for the model"),
        _text("upstream_key_env", "the environment variable that holds the external engine's key"),
        _text("counts_path", "a path of the external engine that answers with a request's final counts"),
        _text("cancel_path", "a path of the external engine that cancels a request"),
        _number("twin_decode_tokens_per_s", "speed of a simulated sequence", 100.0, 0.01, 1e9, "tokens/s"),
        _number("twin_prefill_tokens_per_s", "speed of a simulated prompt", 2000.0, 0.01, 1e9, "tokens/s"),
    ),
)
TENANT = Section(
    path=("tenant", "{name}"),
    about="Who may ask, and how it is paid.",
    keys=(
        _choice("business", "internal work pays the transfer price, external work money", get_args(Business), REQUIRED),
        _choice("tier", "the class of a request that names none", TIERS, "default"),
        Key(
            name="tiers",
            kind="choices",
            about="the classes a request may name; silent: only `tier`",
            choices=TIERS,
            default=(),
        ),
        _choice("billing", "prepaid: from a balance; postpaid: up to a credit", get_args(Billing), "prepaid"),
        _money("balance_usd", "opening balance of a prepaid tenant, granted once"),
        _money("credit_usd", "the most a postpaid tenant may owe"),
        _whole("requests_per_min", "rate limit; 0: none", 0, unit="requests/min"),
        _whole("tokens_per_min", "rate limit; 0: none", 0, unit="tokens/min"),
        _whole("concurrency", "requests in flight; 0: no limit", 0, unit="requests"),
        _text("trust_group", "tenants of one group may share a prefix cache; silent: alone", ""),
        _money("contract_usd_per_month", "what it has promised to pay each month"),
        _whole("contract_months", "for how long it has promised it", 0, 0, 1200, "months"),
    ),
)
PRICES = Section(
    path=("prices",),
    about="The price book: dated, never edited; a change is a new id.",
    keys=(
        _text("id", "name of this version of the prices", REQUIRED),
        Key(name="valid_from", kind="day", about="the day from which it holds (UTC)", default=REQUIRED),
        _whole(
            "internal_percent",
            "transfer price: per cent of the tier's price that internal tenants pay",
            100,
            0,
            1000,
            "%",
        ),
    ),
)
TIER_PERCENT = Section(
    path=("prices", "tier_percent"),
    about="Per cent of a model's price that each class pays.",
    keys=(
        _whole("priority", "per cent for priority", 150, 0, 1000, "%"),
        _whole("default", "per cent for default", 100, 0, 1000, "%"),
        _whole("flex", "per cent for flex", 50, 0, 1000, "%"),
    ),
)
MODEL_PRICE = Section(
    path=("prices", "models", "{name}"),
    about="Prices of one model.",
    keys=(
        _text("catalog", "the catalogue's entry for what is not said here"),
        _price("input_usd_per_mtok", "prompt tokens; silent: as `catalog` says"),
        _price(
            "cached_input_usd_per_mtok",
            "prompt tokens found in the prefix cache; silent: as `catalog` says, else as `input_usd_per_mtok`",
        ),
        _price("output_usd_per_mtok", "answer tokens; silent: as `catalog` says"),
    ),
)
GATEWAY = Section(
    path=("gateway",),
    about="The face of the cloud.",
    keys=(
        _text("host", "address it listens on", "127.0.0.1"),
        _whole("port", "port of the OpenAI API; 0: any free one", 8080, 0, 65535),
        _whole("console_port", "port of the console; 0: any free one", 0, 0, 65535),
        _whole("admin_port", "port of the admin listener, loopback only; 0: any free one", 0, 0, 65535),
        _whole("max_body_bytes", "longest request body", 4 * 1024 * 1024, 1024, 1e9, "bytes"),
        _number("header_timeout_s", "how long a client may take to send its headers", 10.0, 0.1, 3600, "s"),
        _number("queue_timeout_s", "how long a request may wait for an engine", 600.0, 0.1, 86400, "s"),
        _number("drain_timeout_s", "how long answers may take to end when the cloud is stopped", 10.0, 0, 3600, "s"),
    ),
)
SECTIONS = (TOP, SITE, POOL, MODEL, TENANT, PRICES, TIER_PERCENT, MODEL_PRICE, GATEWAY)
