"""The description as values: what a `baseload.toml` says, read once, frozen, and passed down.

Ids are the table names of the file. References (chip, tariff, catalogue model, list price) are names in `catalog/`,
resolved there. Money is integer; a bare number carries its unit in its name.
"""

from dataclasses import dataclass, field
from typing import Literal

from baseload.units import Nano, Pico

Business = Literal["internal", "external"]
Tier = Literal["priority", "default", "flex"]
EngineKind = Literal["openvino", "external", "twin"]
Tenure = Literal["owned", "leased", "rented"]
Billing = Literal["prepaid", "postpaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Megawatts at a place. `envelope_w` is what the site may draw, PUE included.

    An envelope of 0 stands for "auto" in the file; `catalog.localise` puts the watts in.
    """

    id: str
    envelope_w: float
    pue: float
    tariff: str
    space_usd_per_hour: float = 0.0
    staff_usd_per_hour: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Like chips at one site. `chip` may be "auto" and `chips_per_node` 0: `catalog.localise` fills both in.

    `bought_us` is 0 when the file does not say: the chips then count as bought today.
    """

    id: str
    site: str
    chip: str
    nodes: int = 1
    chips_per_node: int = 1
    tenure: Tenure = "owned"
    price_usd_per_chip: float | None = None
    rent_usd_per_chip_hour: float | None = None
    life_years: float | None = None
    bought_us: int = 0
    sensor: Literal["auto", "rapl", "nvml", "modelled"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model as tenants name it, and the engine that serves it."""

    id: str
    pool: str
    engine: EngineKind
    catalog: str | None = None
    path: str | None = None
    sha256: str | None = None
    replicas: int = 1
    threads: int = 0
    context_tokens: int = 8192
    slots: int = 16
    prefix_cache: bool = False
    kv_cache_gb: float = 1.0
    temperature: float = 1.0
    top_p: float = 1.0
    url: str | None = None
    upstream_model: str | None = None
    upstream_key_env: str | None = None
    counts_path: str | None = None
    cancel_path: str | None = None
    twin_decode_tokens_per_s: float = 100.0
    twin_prefill_tokens_per_s: float = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """Who may ask, how it is paid, and how much at once. `trust_group` shares a prefix cache.

    `contract_*` is what the tenant has promised to pay, and for how long: the denominator of the headline ratio.
    """

    id: str
    business: Business
    tier: Tier
    tiers: tuple[Tier, ...]
    billing: Billing
    balance_nano: Nano = Nano(0)
    credit_nano: Nano = Nano(0)
    requests_per_min: int = 0
    tokens_per_min: int = 0
    concurrency: int = 0
    trust_group: str = ""
    contract_nano_per_month: Nano = Nano(0)
    contract_months: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrice:
    """Prices of one model in one book, before the tier's factor."""

    model: str
    input_pico: Pico
    cached_input_pico: Pico
    output_pico: Pico


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPrice:
    """A price that is, where it says None, the one of an entry of the catalogue."""

    model: str
    catalog: str
    input_pico: Pico | None = None
    cached_input_pico: Pico | None = None
    output_pico: Pico | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """A dated set of prices. A tier's price is the model's price × `tier_percent` / 100, in integers.

    `listed` waits for the catalogue: `catalog.localise` makes `prices` of it, and only those are charged.
    """

    id: str
    valid_from_us: int
    prices: tuple[ModelPrice, ...]
    tier_percent: tuple[tuple[Tier, int], ...] = (("priority", 150), ("default", 100), ("flex", 50))
    internal_percent: int = 100
    listed: tuple[ListedPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The face. Times and sizes are limits on one request."""

    host: str = "127.0.0.1"
    port: int = 8080
    console_port: int = 0
    admin_port: int = 0
    max_body_bytes: int = 4 * 1024 * 1024
    header_timeout_s: float = 10.0
    queue_timeout_s: float = 600.0
    drain_timeout_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One whole description. Tuples keep the order of the file."""

    name: str
    sites: tuple[Site, ...]
    pools: tuple[Pool, ...]
    models: tuple[Model, ...]
    tenants: tuple[Tenant, ...]
    book: PriceBook
    gateway: Gateway = field(default_factory=Gateway)
