"""The cloud as a business over a period: what it earned, what it cost, and every nano-dollar of either on one line.

`statement` reads the ledger (read-only) and the description. Formulas and their sources: docs/method/economics.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import apsw

from baseload.billing.activity import Activity, first_us, read_activity
from baseload.billing.allocation import Line, allocate
from baseload.billing.cost import HOUR_US, PoolCost, costs_of, hourly, real_pools
from baseload.billing.figure import Figure, ratio, usd, weakest
from baseload.billing.headline import MONTH_US, headline, payback
from baseload.catalog import catalog, chips_of, localise
from baseload.config import Cloud
from baseload.energy import Weights
from baseload.units import Mark, Micros

DAY_US = 86_400_000_000
TRAILING_US = DAY_US
"""The trailing rate looks back this far, or to the beginning of the record where that is nearer."""
NOTHING_SOLD = "nothing was sold in this period"
NO_TIME = "nothing is on record yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A P&L. Lines are in whole nano-dollars and add up to the totals; figures are for people."""

    from_us: int
    to_us: int
    costs: tuple[PoolCost, ...]
    lines: tuple[Line, ...]
    figures: Mapping[str, Figure]
    per_hour: Mapping[str, Figure]
    headline: Mapping[str, Figure]
    notes: tuple[str, ...]

    @property
    def revenue_nano(self) -> int:
        return sum(line.revenue_nano for line in self.lines)

    @property
    def cost_nano(self) -> int:
        return sum(cost.total_nano for cost in self.costs)


def statement(
    conn: apsw.Connection, cloud: Cloud, now_us: Micros, *, from_us: int | None = None, to_us: int | None = None
) -> Statement:
    """The P&L of a period, by default the trailing day."""
    cloud = localise(cloud)
    end_us = now_us if to_us is None else to_us
    start_us = _start(conn, end_us) if from_us is None else from_us
    activity = read_activity(conn, weights_of(cloud), start_us, end_us)
    meter_mj = {name: row.meter_mj for name, row in activity.metered.items()}
    costs = costs_of(cloud, meter_mj, start_us, end_us)
    could = capacity(cloud, start_us, end_us)
    lines = allocate(costs, activity, could)
    kind = weakest(row.kind for row in activity.metered.values()) if activity.metered else Mark.ASSUMED
    return Statement(
        from_us=start_us,
        to_us=end_us,
        costs=tuple(costs),
        lines=tuple(lines),
        figures=_figures(costs, lines, activity, sum(could.values()), kind, start_us, end_us),
        per_hour=_per_hour(cloud, costs, kind, start_us, end_us),
        headline=headline(cloud, costs, start_us, end_us),
        notes=_notes(cloud, activity, start_us, end_us),
    )


def weights_of(cloud: Cloud) -> dict[str, Weights]:
    """Weights of a token's work by model id, from the catalogue."""
    return {model.id: Weights.of(catalog().models[model.catalog] if model.catalog else None) for model in cloud.models}


def capacity(cloud: Cloud, from_us: int, to_us: int) -> dict[str, int]:
    """Work each pool could do in the period, in nanoseconds of the reference machine: time × its size in such machines.

    The reference is the catalogue's, of the first of the pool's models that has one; of two virtual CPUs otherwise.
    """
    could = {}
    for pool in real_pools(cloud):
        entries = [catalog().models[m.catalog].servable for m in cloud.models if m.pool == pool.id and m.catalog]
        reference = next((entry.reference_chips.value for entry in entries if entry), 2)
        could[pool.id] = (to_us - from_us) * 1000 * chips_of(pool) // reference
    return could


def group_by(lines: tuple[Line, ...], key: Callable[[Line], str]) -> dict[str, list[Line]]:
    """Sold lines by tenant, model or business, in order of name."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        if line.sold is not None:
            groups.setdefault(key(line), []).append(line)
    return dict(sorted(groups.items()))


def _start(conn: apsw.Connection, end_us: int) -> int:
    first = first_us(conn)
    return max(end_us - TRAILING_US, min(end_us, end_us if first is None else first))


def _figures(
    costs: list[PoolCost], lines: list[Line], activity: Activity, could: int, kind: Mark, from_us: int, at: int
) -> dict[str, Figure]:
    revenue = sum(line.revenue_nano for line in lines)
    cost = sum(row.total_nano for row in costs)
    energy = sum(row.energy_nano for row in costs)
    cash = sum(row.cash_nano for row in costs)
    capex = sum(row.capex_nano for row in costs)
    done = sum(row.billed_work + row.lost_work for row in activity.sold) + sum(activity.unbilled_work.values())
    tokens = sum(row.tok_in + row.tok_out for row in activity.sold)
    pools = {row.pool for row in costs}
    metered = [row for row in activity.metered.values() if row.pool in pools]
    meter_mj, active_mj = sum(row.meter_mj for row in metered), sum(row.active_mj for row in metered)
    life_us = max((row.life_us for row in costs if row.capex_nano), default=0)

    def per_mtok(nano: int, mark: Mark) -> Figure:
        return ratio(nano / 1000, tokens, "USD/Mtok", mark, at, NOTHING_SOLD)

    def money(nano: int, mark: Mark) -> Figure:
        return Figure(value=usd(nano), unit="USD", mark=mark, as_of_us=at)

    return {
        "revenue_usd": money(revenue, Mark.MEASURED),
        "cost_usd": money(cost, Mark.ASSUMED),
        "margin_usd": money(revenue - cost, Mark.ASSUMED),
        "margin": ratio(revenue - cost, revenue, "share", Mark.ASSUMED, at, NOTHING_SOLD),
        "price_usd_per_mtok": per_mtok(revenue, Mark.MEASURED),
        "cost_usd_per_mtok": per_mtok(cost, Mark.ASSUMED),
        "cash_cost_usd_per_mtok": per_mtok(cash, Mark.ASSUMED),
        "energy_cost_usd_per_mtok": per_mtok(energy, weakest((kind, Mark.MODELLED))),
        "tokens_sold": Figure(value=tokens, unit="tokens", mark=Mark.MEASURED, as_of_us=at),
        "tokens_lost": Figure(
            value=sum(row.lost_tokens for row in activity.sold) + activity.unbilled_tokens,
            unit="tokens",
            mark=Mark.MEASURED,
            as_of_us=at,
        ),
        "utilisation": ratio(done, could, "share", Mark.MODELLED, at, NO_TIME),
        "energy_kwh": Figure(value=meter_mj / 3.6e9, unit="kWh", mark=kind, as_of_us=at),
        "joules_per_token": ratio(meter_mj / 1000, tokens, "J/token", kind, at, NOTHING_SOLD),
        "active_joules_per_token": ratio(active_mj / 1000, tokens, "J/token", kind, at, NOTHING_SOLD),
        "payback_months": payback(capex, revenue, cash, at - from_us, Mark.ASSUMED, at),
        "life_months": ratio(life_us, MONTH_US if life_us else 0, "months", Mark.ASSUMED, at, "no chips are owned"),
    }


def _per_hour(cloud: Cloud, costs: list[PoolCost], kind: Mark, from_us: int, at: int) -> dict[str, Figure]:
    """The period's cost over its hours; before anything is on record, an hour of the description with idle chips."""
    if at <= from_us:
        costs, from_us = hourly(cloud, {}, at), at - HOUR_US
    parts = {
        "depreciation_usd_per_hour": (sum(row.depreciation_nano for row in costs), Mark.ASSUMED),
        "rent_usd_per_hour": (sum(row.rent_nano for row in costs), Mark.ASSUMED),
        "energy_usd_per_hour": (sum(row.energy_nano for row in costs), weakest((kind, Mark.MODELLED))),
        "space_usd_per_hour": (sum(row.space_nano for row in costs), Mark.ASSUMED),
        "staff_usd_per_hour": (sum(row.staff_nano for row in costs), Mark.ASSUMED),
        "total_cost_usd_per_hour": (sum(row.total_nano for row in costs), Mark.ASSUMED),
    }
    hours = (at - from_us) / HOUR_US
    return {name: ratio(usd(nano), hours, "USD/h", mark, at, NO_TIME) for name, (nano, mark) in parts.items()}


def _notes(cloud: Cloud, activity: Activity, from_us: int, to_us: int) -> tuple[str, ...]:
    """What a reader should know before believing the figures."""
    notes = []
    for pool in real_pools(cloud):
        row = activity.metered.get(pool.id)
        covered = row.covered_us if row else 0
        if to_us > from_us and covered < 0.99 * (to_us - from_us):
            share = covered / (to_us - from_us)
            notes.append(
                f"Pool {pool.id} was metered for {share:.0%} of the period; energy outside that is not in the cost."
            )
    skipped = sorted({pool.id for pool in cloud.pools} - {pool.id for pool in real_pools(cloud)})
    if skipped:
        notes.append(f"Simulated pools stay out of the books: {', '.join(skipped)}.")
    return tuple(notes)
