"""Live dispatch: what is measured becomes a snapshot, the plan becomes standing orders.

The model is the room below; this is the hand-over. Rates are requests a second that a replica sustains, see `rates`.
Protected classes count at `PROTECTED_LOAD` of that, because beyond it their time to first token does not hold.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from baseload import dispatch as d
from baseload.billing.price import PriceList, Usage, rate
from baseload.config.cloud import Cloud, Model
from baseload.energy import Weights
from baseload.errors import LedgerError
from baseload.gateway.admitted import RequestClass
from baseload.gateway.demand import Demand, Load
from baseload.gateway.orders import StandingOrders
from baseload.gateway.rates import Rates

PROTECTED_LOAD = 0.75
STANDBY_PER_S = 0.001
"""Each model is asked for this little even when nobody asks, so that the commitment keeps it on while it fits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolPower:
    """Watts of a whole pool at the chips, and the price of a kWh at its site."""

    idle_w: float
    max_w: float
    usd_per_kwh: float


class Steering:
    """Builds snapshots of this cloud and solves them, warm."""

    def __init__(
        self, cloud: Cloud, prices: PriceList, power: dict[str, PoolPower], weights: dict[str, Weights]
    ) -> None:
        self.cloud = cloud
        self.prices = prices
        self.power = power
        self.rates = Rates(cloud, weights)
        self._dispatcher: d.Dispatcher | None = None

    def snapshot(self, demand: Demand, up: dict[str, int], now_us: int) -> d.Snapshot:
        """The cloud as it stands. `up` counts each model's ready replicas."""
        snapshot = d.Snapshot(
            sites=tuple(
                d.Site(id=s.id, envelope_w=s.envelope_w, pue=s.pue, tariff_usd_per_kwh=self._tariff(s.id))
                for s in self.cloud.sites
            ),
            pools=tuple(self._pool(p.id) for p in self.cloud.pools),
            recipes=tuple(self._recipe(m, demand) for m in self.cloud.models),
            classes=tuple(self._class(cls, load, now_us) for cls, load in sorted(self._classes(demand))),
            current=tuple(
                d.Running(recipe=m.id, replicas=up.get(m.id, 0), up_s=1e6) for m in self.cloud.models if up.get(m.id)
            ),
        )
        return _promise_internal(snapshot)

    def _tariff(self, site: str) -> float:
        return next((self.power[p.id].usd_per_kwh for p in self.cloud.pools if p.site == site), 0.0)

    def _pool(self, pool_id: str) -> d.Pool:
        pool = next(p for p in self.cloud.pools if p.id == pool_id)
        memory_gb = sum(m.kv_cache_gb * m.replicas + m.replicas for m in self.cloud.models if m.pool == pool_id)
        return d.Pool(
            id=pool.id,
            site=pool.site,
            nodes=pool.nodes,
            chips_per_node=max(pool.chips_per_node, 1),
            memory_gb_per_node=max(memory_gb, 1.0),
            node_idle_w=self.power[pool.id].idle_w / max(pool.nodes, 1),
            tenure=pool.tenure,
        )

    def _recipe(self, model: Model, demand: Demand) -> d.Recipe:
        """A replica has its part of the pool: chips, busy watts and speed are shared by the replicas there."""
        pool = next(p for p in self.cloud.pools if p.id == model.pool)
        part = self.rates.part(model)
        power = self.power[pool.id]
        return d.Recipe(
            id=model.id,
            pool=pool.id,
            model=model.id,
            engine=model.engine,
            rates_per_s={
                _id(cls): self.rates.requests_per_s(model, load, part) * (1.0 if cls[1] == "flex" else PROTECTED_LOAD)
                for cls, load in self._classes(demand)
                if cls[2] == model.id
            },
            chips=max(pool.chips_per_node, 1) * min(part, 1.0) * 0.999,
            memory_gb=model.kv_cache_gb + 1.0,
            slots=model.slots,
            busy_w=(power.max_w - power.idle_w) / max(pool.nodes, 1) * min(part, 1.0),
            stop_usd=1e-6,
            load_s=5.0,
            min_up_s=60.0,
            max_replicas=model.replicas,
        )

    def _classes(self, demand: Demand) -> Iterable[tuple[RequestClass, Load]]:
        """The classes tenants may ask in, whether or not they have."""
        may = {(t.business, tier, m.id) for t in self.cloud.tenants for tier in t.tiers for m in self.cloud.models}
        return [(cls, demand.load(cls)) for cls in sorted(may)]

    def _class(self, cls: RequestClass, load: Load, now_us: int) -> d.WorkClass:
        business, tier, model = cls
        price_usd = self._price_usd(cls, load, now_us)
        asked = load.asked_per_s + (STANDBY_PER_S if tier == "default" and business == "external" else 0.0)
        return d.WorkClass(
            id=_id(cls),
            business="internal" if business == "internal" else "external",
            tier="flex" if tier == "flex" else "priority" if tier == "priority" else "default",
            model=model,
            blocks=(d.Block(price_usd=price_usd, per_s=asked),),
            clear_s=0.1 if tier == "flex" else max(load.service_s, 0.1),
            service_s=max(load.service_s, 0.01),
        )

    def _price_usd(self, cls: RequestClass, load: Load, now_us: int) -> float:
        """What a request of the class brings. A twin's work is never billed; where no price is set for it, it counts
        as paying twice its energy, so that a rehearsal runs like the cloud it rehearses.
        """
        business, tier, name = cls
        model = next(m for m in self.cloud.models if m.id == name)
        usage = Usage(tok_in=round(load.tok_in), tok_cached=None, tok_out=round(load.tok_out))
        try:
            return rate(usage, self.prices.at(name, tier, business, now_us)) / 1e9
        except LedgerError:
            power = self.power[model.pool]
            busy_kw = (power.max_w - power.idle_w) / 1000
            return 2 * busy_kw * power.usd_per_kwh / 3600 / max(self.rates.requests_per_s(model, load, 1.0), 1e-9)

    def plan(self, snapshot: d.Snapshot, now_us: int) -> tuple[d.Commitment, StandingOrders]:
        """The second's decision: admit, slow, hold back."""
        commitment = d.as_running(snapshot)
        if self._dispatcher is None:
            self._dispatcher = d.Dispatcher(snapshot)
        plan = self._dispatcher.solve(snapshot, commitment)
        orders = d.standing_orders(snapshot, commitment, plan)
        return commitment, StandingOrders(
            as_of_us=now_us,
            flex_slots={m.id: 0 for m in self.cloud.models} | d.flex_slots_by_model(orders),
            protected_slots={o.model: self._protected(o, snapshot, plan) for o in orders},
            breaks=tuple(str(b) for b in plan.breaks),
        )

    def _protected(self, order: d.StandingOrder, snapshot: d.Snapshot, plan: d.Plan) -> int:
        """All slots, unless the plan cannot serve all that is asked: then those of the flow it admits."""
        mine = [c.id for c in snapshot.classes if c.model == order.model and c.tier != "flex"]
        if all(plan.served_per_s[c] >= plan.asked_per_s[c] * (1 - 1e-6) for c in mine):
            return order.slots
        return max(order.protected_slots, 1)

    def explain(self, snapshot: d.Snapshot, commitment: d.Commitment, orders: StandingOrders) -> StandingOrders:
        """Add the merit order, and the worth of a node, a watt and a request: a dozen solves, so not each second."""
        steps = _steps(snapshot)
        worths = {
            name: d.worth(snapshot, step, commitment=None if name == "node" else commitment)
            for name, step in steps.items()
        }
        names = {"node": "node_usd_per_h", "watt": "watt_usd_per_h", "request": "request_per_s_usd_per_h"}
        return replace(
            orders,
            merit=d.merit_order(snapshot, commitment),
            worth={names[n]: w.up.money_usd_per_h / w.step.size for n, w in worths.items()},
            worth_steps={n: f"{s.size:g} × {s.kind} of {s.id}" for n, s in steps.items()},
        )


def _id(cls: RequestClass) -> str:
    return "/".join(cls)


def _steps(snapshot: d.Snapshot) -> dict[str, d.Step]:
    """One more node of the first pool, watt of the first site, request a second of the busiest paying class."""
    paying = [c for c in snapshot.classes if c.business == "external"]
    busiest = max(paying or snapshot.classes, key=lambda c: (sum(b.per_s for b in c.blocks), c.id))
    return {
        "node": d.Step(kind="node", id=snapshot.pools[0].id),
        "watt": d.Step(kind="watt", id=snapshot.sites[0].id),
        "request": d.Step(kind="request", id=busiest.id),
    }


def _promise_internal(snapshot: d.Snapshot) -> d.Snapshot:
    """Internal work that is not flex is a promise: its shortfall costs more than any price could bring."""
    classes = []
    for cls in snapshot.classes:
        asked = sum(b.per_s for b in cls.blocks)
        if cls.business == "internal" and cls.tier != "flex":
            penalty = d.promise_penalty_usd(snapshot, cls.id)
            reservation = d.Reservation(per_s=asked, shortfall_usd=max(penalty, 1e-6))
            cls = replace(cls, reservation=reservation)
        classes.append(cls)
    return replace(snapshot, classes=tuple(classes))
