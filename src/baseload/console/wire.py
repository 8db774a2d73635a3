"""What the gateway's admin listener answers, as typed values.

Every field has a default and unknown fields are skipped: a console and a gateway of neighbouring versions still
talk during an update, and an absent figure shows as a dash, never as an error.
"""

from typing import Any

import msgspec


class Requests(msgspec.Struct, kw_only=True):
    """Counts since the gateway started; `in_flight` and `queued` are now."""

    total: int = 0
    in_flight: int = 0
    queued: int = 0
    completed: int = 0
    failed: int = 0
    refusals: dict[str, int] = {}


class Rates(msgspec.Struct, kw_only=True):
    """What the fleet does per second, and what it could; None where that is not known."""

    requests_per_s: float | None = None
    prefill_tokens_per_s: float | None = None
    decode_tokens_per_s: float | None = None
    capacity_tokens_per_s: float | None = None
    utilisation: float | None = None


class Power(msgspec.Struct, kw_only=True):
    """Watts now against the site's envelope; `kind` is the sensor's mark."""

    watts: float | None = None
    idle_watts: float | None = None
    envelope_watts: float = 0.0
    kind: str = "modelled"
    joules_total: float = 0.0
    joules_per_token: float | None = None


class Replica(msgspec.Struct, kw_only=True):
    """One engine process; what an engine elsewhere does not say of itself is None."""

    id: str = ""
    node: str = ""
    chip: str = ""
    pool: str = ""
    model: str = ""
    engine: str = ""
    state: str = ""
    running: int = 0
    waiting: int | None = None
    parked: int | None = None
    tokens_per_s: float | None = None
    watts: float | None = None
    joules_per_token: float | None = None
    usd_per_hour: float | None = None
    kv_used: float | None = None


class Worth(msgspec.Struct, kw_only=True):
    """What one more would earn, in dollars per hour; None where dispatch has no answer yet."""

    node_usd_per_h: float | None = None
    watt_usd_per_h: float | None = None
    request_per_s_usd_per_h: float | None = None


class Merit(msgspec.Struct, kw_only=True, rename={"name": "class"}):
    """One class of load in the order in which it is served."""

    name: str = ""
    price_usd_per_h: float = 0.0
    marginal_cost_usd_per_h: float | None = None
    margin_usd_per_h: float | None = None
    asked_per_s: float = 0.0
    served_per_s: float = 0.0
    waits_per_s: float = 0.0
    reason: str = ""


class Orders(msgspec.Struct, kw_only=True):
    """Dispatch's standing orders; `worth_steps` says how large each "one more" was."""

    as_of_us: int | None = None
    flex_slots: dict[str, int] = {}
    worth: Worth = msgspec.field(default_factory=Worth)
    worth_steps: dict[str, str] = {}
    merit: list[Merit] = []


class TenantNow(msgspec.Struct, kw_only=True):
    """One tenant's requests; `quota_share` is the tightest limit's used part, None where nothing limits."""

    id: str = ""
    in_flight: int = 0
    requests: int = 0
    refusals: dict[str, int] = {}
    quota_share: float | None = None


class Trust(msgspec.Struct, kw_only=True):
    """The reconciliation: engine tokens = metered = billed + lost + open; joules metered = joules allotted."""

    engine_tokens: int = 0
    metered_tokens: int = 0
    billed_tokens: int = 0
    lost_tokens: int = 0
    open_tokens: int = 0
    joules_metered: float = 0.0
    joules_allotted: float = 0.0
    checked_us: int | None = None


class State(msgspec.Struct, kw_only=True):
    """`GET /admin/state`."""

    as_of_us: int = 0
    started_us: int = 0
    pid: int = 0
    model_ids: list[str] = []
    requests: Requests = msgspec.field(default_factory=Requests)
    rates: Rates = msgspec.field(default_factory=Rates)
    power: Power = msgspec.field(default_factory=Power)
    replicas: list[Replica] = []
    orders: Orders = msgspec.field(default_factory=Orders)
    tenants: list[TenantNow] = []
    trust: Trust = msgspec.field(default_factory=Trust)
    problems: list[str] = []


class History(msgspec.Struct, kw_only=True):
    """`GET /admin/history`: rows of `fields`, oldest first; `by_model` and `by_replica_watts` run beside the rows."""

    step_s: float = 1.0
    fields: list[str] = []
    rows: list[list[float | None]] = []
    by_model: dict[str, list[float | None]] = {}
    by_replica_watts: dict[str, list[float | None]] = {}


class KeyRow(msgspec.Struct, kw_only=True):
    """One API key, without its secret."""

    id: str = ""
    tenant: str = ""
    name: str = ""
    state: str = ""
    scopes: list[str] = []
    models: list[str] = []
    business: str = ""
    created_us: int | None = None
    expires_us: int | None = None
    revoked_us: int | None = None


Row = dict[str, Any]
"""One row of a usage or requests answer, as the ledger names its columns."""


class Usage(msgspec.Struct, kw_only=True):
    """`GET /admin/usage`. `tenant` repeats the filter: without it the answer is for everybody."""

    by: str = ""
    as_of_us: int = 0
    tenant: str | None = None
    rows: list[Row] = []
