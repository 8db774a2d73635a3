"""The dispatch problem as values: what there is, what is asked, and what is on now.

Units. Work is counted in requests, rates in requests per second; a class that is better counted in tokens or jobs may
be, as long as its blocks, its reservation and every recipe's rate for it share that unit. Money is US dollars as
floats, because an optimiser weighs it; nothing here is ever booked. Watts are IT watts behind the meter of a chip,
except `Site.envelope_w`, which is what the site may draw, PUE included.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Business = Literal["internal", "external"]
Tier = Literal["reserved", "priority", "default", "flex", "batch"]
Tenure = Literal["owned", "leased", "rented"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Megawatts at a place: the limit now, what overhead multiplies every watt, and what a kWh costs."""

    id: str
    envelope_w: float
    pue: float = 1.0
    tariff_usd_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Like nodes at one site.

    `node_idle_w` is drawn by every node whether or not a replica is on it. Rent under take-or-pay is sunk and so not
    weighed; otherwise each node held costs `rent_usd_per_node_hour`. A pool whose end has come has no nodes.
    """

    id: str
    site: str
    nodes: int
    chips_per_node: float = 1.0
    memory_gb_per_node: float
    node_idle_w: float = 0.0
    tenure: Tenure = "owned"
    take_or_pay: bool = True
    rent_usd_per_node_hour: float = 0.0
    ends_in_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way to run a model on a pool: chips, memory, watts, and the rate it sustains within each class's SLO.

    A class missing from `rates_per_s` cannot be served within its SLO by this recipe. `idle_w` is what one loaded
    replica adds, `busy_w` what it adds on top when all its time is busy. `slots` is the concurrency at which the rates
    were stated. `chips` may be a share of a chip. A move is one stop and one start.
    """

    id: str
    pool: str
    model: str
    rates_per_s: Mapping[str, float]
    engine: str = "openvino"
    chips: float = 1.0
    memory_gb: float = 0.0
    slots: int = 16
    idle_w: float = 0.0
    busy_w: float = 0.0
    load_s: float = 0.0
    min_up_s: float = 0.0
    start_usd: float = 0.0
    stop_usd: float = 0.0
    max_replicas: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """So much work a second at this price a request. Blocks of a class run from dear to cheap."""

    price_usd: float
    per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An option on `per_s`: what is called of it and not served costs `shortfall_usd` a request.

    Its idle part is lent only to work that clears within `recall_s`.
    """

    per_s: float
    shortfall_usd: float
    recall_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkClass:
    """Load that is alike: who asks, for which model, at which service level, and what it pays block by block.

    Internal work pays its transfer value. `clear_s` is how long running work of this class needs to get out of the
    way. `service_s` is the measured mean time in service; without it Little's law gives slots ÷ rate. `sites` are
    those allowed (residency); empty means any.
    """

    id: str
    business: Business
    tier: Tier
    model: str
    blocks: tuple[Block, ...]
    service_level: str = ""
    reservation: Reservation | None = None
    clear_s: float = 60.0
    service_s: float | None = None
    sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Replicas of a recipe that are on now, how long they have been, and how soon they are ready."""

    recipe: str
    replicas: int
    up_s: float = 0.0
    ready_in_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a decision may know. Start and stop costs are spread over `horizon_s`."""

    sites: tuple[Site, ...]
    pools: tuple[Pool, ...]
    recipes: tuple[Recipe, ...]
    classes: tuple[WorkClass, ...]
    current: tuple[Running, ...] = field(default=())
    horizon_s: float = 3600.0


def nodes_usable(pool: Pool) -> int:
    """Nodes of a pool that may be held now: none once a lease or rent has ended."""
    return 0 if pool.ends_in_s is not None and pool.ends_in_s <= 0 else pool.nodes


def nodes_per_replica(recipe: Recipe, pool: Pool) -> int:
    """Whole nodes one replica takes, 0 when several share a node."""
    if recipe.chips <= pool.chips_per_node * (1 + 1e-9) and recipe.memory_gb <= pool.memory_gb_per_node * (1 + 1e-9):
        return 0
    by_memory = recipe.memory_gb / pool.memory_gb_per_node if pool.memory_gb_per_node > 0 else 0.0
    return -int(-max(recipe.chips / pool.chips_per_node, by_memory) // 1)
