"""What happened in a period, read from the ledger: tokens, money, work and joules by tenant, model and pool."""

from collections.abc import Mapping
from dataclasses import dataclass

import apsw

from baseload.energy import Weights
from baseload.units import Mark

TWIN = "twin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """One tenant's use of one model on one pool. Work is in nanoseconds of the reference machine."""

    tenant: str
    business: str
    model: str
    pool: str
    requests: int
    tok_in: int
    tok_out: int
    lost_tokens: int
    revenue_nano: int
    billed_work: int
    lost_work: int
    energy_mj: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """A pool's joules in the period. `running_mj` went to attempts that have no usage on record yet."""

    pool: str
    meter_mj: int
    active_mj: int
    idle_mj: int
    overhead_mj: int
    running_mj: int
    covered_us: int
    kind: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """The period's record. `unbilled_work` is by pool: attempts that never led to a usage row, a dead gateway's."""

    sold: tuple[Sold, ...]
    metered: Mapping[str, Metered]
    unbilled_work: Mapping[str, int]
    unbilled_tokens: int


_SOLD = """
WITH use AS (
  SELECT request_id, tenant_id, business, model, pool, tok_in, tok_out, amount_nano
  FROM usage_event WHERE recorded_us > :from_us AND recorded_us <= :to_us AND price_ver <> :twin),
tried AS (
  SELECT use.request_id AS id, SUM(a.prefill_billed) AS pb, SUM(a.billed) AS ob,
         SUM(a.prefilled - a.prefill_billed) AS pl, SUM(a.lost) AS ol
  FROM use CROSS JOIN attempt a ON a.request_id = use.request_id GROUP BY use.request_id)
SELECT tenant_id, business, model, pool, COUNT(*), SUM(tok_in), SUM(tok_out), SUM(amount_nano),
       COALESCE(SUM(pb), 0), COALESCE(SUM(ob), 0), COALESCE(SUM(pl), 0), COALESCE(SUM(ol), 0)
FROM use LEFT JOIN tried ON tried.id = use.request_id
GROUP BY tenant_id, business, model, pool ORDER BY tenant_id, model, pool"""

_METERED = """
SELECT pool, SUM(meter_mj), SUM(active_mj), SUM(idle_mj), SUM(overhead_mj), SUM(ended_us - started_us),
       MAX(CASE kind WHEN 'measured' THEN 0 WHEN 'modelled' THEN 1 ELSE 2 END)
FROM energy_window WHERE ended_us > :from_us AND ended_us <= :to_us GROUP BY pool ORDER BY pool"""

_SHARED = """
SELECT w.pool, u.tenant_id, u.model, u.pool, SUM(s.energy_mj)
FROM energy_window w CROSS JOIN energy_share s ON s.window_id = w.id
LEFT JOIN usage_event u ON u.event_id = s.request_id AND u.recorded_us <= :to_us
WHERE w.ended_us > :from_us AND w.ended_us <= :to_us GROUP BY w.pool, u.tenant_id, u.model, u.pool"""

_ORPHANS = """
SELECT a.replica, SUM(a.prefilled), SUM(a.emitted) FROM attempt a
WHERE a.ended_us > :from_us AND a.ended_us <= :to_us
  AND NOT EXISTS (SELECT 1 FROM usage_event u WHERE u.event_id = a.request_id) GROUP BY a.replica"""

_REPLICAS = (
    "SELECT DISTINCT replica, pool, model FROM usage_event WHERE recorded_us > :from_us AND recorded_us <= :to_us"
)

_FIRST = """
SELECT MIN(at) FROM (SELECT MIN(admitted_us) AS at FROM usage_event
UNION ALL SELECT MIN(started_us) FROM energy_window)"""


def first_us(conn: apsw.Connection) -> int | None:
    """When the record begins."""
    at = conn.execute(_FIRST).get
    return at if isinstance(at, int) else None


def read_activity(conn: apsw.Connection, weights: Mapping[str, Weights], from_us: int, to_us: int) -> Activity:
    """One reading transaction, so that money and joules are of the same instant. `weights` by model id."""
    span = {"from_us": from_us, "to_us": to_us, "twin": TWIN}
    with conn:
        shared = conn.execute(_SHARED, span).fetchall()
        metered = [_metered(row, shared) for row in conn.execute(_METERED, span).fetchall()]
        sold = tuple(_sold(row, shared, weights) for row in conn.execute(_SOLD, span).fetchall())
        homes = {row[0]: (str(row[1]), str(row[2])) for row in conn.execute(_REPLICAS, span).fetchall()}
        orphans = conn.execute(_ORPHANS, span).fetchall()
    return Activity(
        sold=sold,
        metered={row.pool: row for row in metered},
        unbilled_work=_unbilled(orphans, homes, weights),
        unbilled_tokens=sum(_int(emitted) for _, _, emitted in orphans),
    )


def _metered(row: tuple[object, ...], shared: list[tuple[object, ...]]) -> Metered:
    pool, meter, active, idle, overhead, covered, kind = row
    running = sum(_int(mj) for at, tenant, _, _, mj in shared if at == pool and tenant is None)
    return Metered(
        pool=str(pool),
        meter_mj=_int(meter),
        active_mj=_int(active),
        idle_mj=_int(idle),
        overhead_mj=_int(overhead),
        running_mj=running,
        covered_us=_int(covered),
        kind=(Mark.MEASURED, Mark.MODELLED, Mark.ASSUMED)[_int(kind)],
    )


def _sold(row: tuple[object, ...], shared: list[tuple[object, ...]], weights: Mapping[str, Weights]) -> Sold:
    tenant, business, model, pool = (str(cell) for cell in row[:4])
    requests, tok_in, tok_out, nano, pb, ob, pl, ol = (_int(cell) for cell in row[4:])
    weight = weights.get(model) or Weights()
    return Sold(
        tenant=tenant,
        business=business,
        model=model,
        pool=pool,
        requests=requests,
        tok_in=tok_in,
        tok_out=tok_out,
        lost_tokens=ol,
        revenue_nano=nano,
        billed_work=weight.work(pb, ob),
        lost_work=weight.work(pl, ol),
        energy_mj=sum(_int(mj) for at, t, m, _, mj in shared if (at, t, m) == (pool, tenant, model)),
    )


def _unbilled(
    orphans: list[tuple[object, ...]], homes: Mapping[object, tuple[str, str]], weights: Mapping[str, Weights]
) -> dict[str, int]:
    """Work of attempts without usage, at the pool of their replica; "" when no usage row names the replica."""
    work: dict[str, int] = {}
    for replica, prefilled, emitted in orphans:
        pool, model = homes.get(replica, ("", ""))
        work[pool] = work.get(pool, 0) + (weights.get(model) or Weights()).work(_int(prefilled), _int(emitted))
    return work


def _int(cell: object) -> int:
    return cell if isinstance(cell, int) else 0
