"""Usage reports: who used what, by tenant, key, model or day, and the newest requests. Reads only.

`amount_nano` is exact; `cost_usd` is the same as a number for reading (nine decimals say it all). Joules are those the
answers stated; `energy_recorded_joules` is the record: the shares of the windows closed so far.
"""

from typing import Any

import apsw

from baseload.errors import SetupError

GROUPS = {
    "tenant": ("tenant_id", "u.tenant_id"),
    "key": ("key_id", "u.key_id"),
    "model": ("model", "u.model"),
    "day": ("day", "date(u.occurred_us / 1000000, 'unixepoch')"),
}
"""What a report may be by: the name of its first column, and where that comes from. Days are UTC."""

_TOTALS = """
  SELECT {group} AS name, count(*) AS requests, sum(u.finish IN ('stop', 'length')) AS completed,
    sum(u.tok_in), sum(coalesce(u.tok_cached, 0)), sum(u.tok_out), sum(u.amount_nano), sum(u.energy_mj),
    min(u.energy_kind), max(u.energy_kind), sum(u.count_mark = 'estimated'),
    sum(a.emitted), sum(a.lost), sum(a.prefilled - a.prefill_billed), sum(s.energy_mj),
    min(u.occurred_us), max(u.occurred_us)
  FROM usage_event u
  LEFT JOIN (SELECT request_id, sum(emitted) AS emitted, sum(lost) AS lost, sum(prefilled) AS prefilled,
    sum(prefill_billed) AS prefill_billed FROM attempt GROUP BY request_id) a ON a.request_id = u.event_id
  LEFT JOIN (SELECT request_id, sum(energy_mj) AS energy_mj FROM energy_share GROUP BY request_id) s
    ON s.request_id = u.event_id
  WHERE (:tenant IS NULL OR u.tenant_id = :tenant) AND (:key IS NULL OR u.key_id = :key)
    AND (:model IS NULL OR u.model = :model) AND (:day IS NULL OR {day} = :day)
  GROUP BY name ORDER BY sum(u.amount_nano) DESC, name"""

_NEWEST = """
  SELECT u.request_id, u.tenant_id, u.project_id, u.key_id, u.model, u.pool, u.replica, u.tier, u.business,
    u.occurred_us, u.recorded_us, u.admitted_us, u.first_token_us, u.queue_us, u.tok_in, u.tok_cached, u.tok_out,
    u.energy_mj, u.energy_kind, u.finish, u.price_ver, u.amount_nano, u.count_mark,
    (SELECT count(*) FROM attempt a WHERE a.request_id = u.event_id) AS attempts,
    (SELECT coalesce(sum(emitted), 0) FROM attempt a WHERE a.request_id = u.event_id) AS emitted,
    (SELECT coalesce(sum(lost), 0) FROM attempt a WHERE a.request_id = u.event_id) AS lost
  FROM usage_event u WHERE :tenant IS NULL OR u.tenant_id = :tenant ORDER BY u.seq DESC LIMIT :limit"""


def report(
    conn: apsw.Connection,
    by: str = "tenant",
    *,
    tenant: str | None = None,
    key: str | None = None,
    model: str | None = None,
    day: str | None = None,
) -> dict[str, Any]:
    """Totals by one thing, dearest first (days in order), for everybody or filtered; `as_of_us`: the newest row."""
    if by not in GROUPS:
        raise SetupError(f"no usage report by {by!r}; there are: {', '.join(GROUPS)}")
    name, group = GROUPS[by]
    filters = {"tenant": tenant, "key": key, "model": model, "day": day}
    sql = _TOTALS.format(group=group, day=GROUPS["day"][1])
    rows = [_total(name, row) for row in conn.execute(sql, filters)]
    if by == "day":
        rows.sort(key=lambda row: str(row["day"]))
    newest = conn.execute("SELECT max(recorded_us) FROM usage_event").fetchone()
    return {"by": by, "as_of_us": newest[0] if newest and newest[0] else 0, **filters, "rows": rows}


def newest(conn: apsw.Connection, *, limit: int = 50, tenant: str | None = None) -> list[dict[str, Any]]:
    """The latest requests, newest first, as the ledger names their columns, with dollars and joules beside."""
    cursor = conn.execute(_NEWEST, {"tenant": tenant, "limit": limit})
    rows = []
    for row in cursor:
        names = [column[0] for column in cursor.get_description()]
        facts = dict(zip(names, row, strict=True))
        facts["cost_usd"] = facts["amount_nano"] / 1e9
        facts["energy_joules"] = facts["energy_mj"] / 1000
        rows.append(facts)
    return rows


def _total(name: str, row: tuple[Any, ...]) -> dict[str, Any]:
    (value, requests, completed, tok_in, cached, tok_out, amount, energy, kind_low, kind_high, estimated) = row[:11]
    (emitted, lost, prefill_lost, recorded, first_us, last_us) = row[11:]
    return {
        name: value,
        "requests": requests,
        "completed": completed,
        "tok_in": tok_in,
        "tok_cached": cached,
        "tok_out": tok_out,
        "tok_emitted": emitted or 0,
        "tok_lost": lost or 0,
        "prefill_lost": prefill_lost or 0,
        "amount_nano": amount,
        "cost_usd": amount / 1e9,
        "energy_joules": energy / 1000,
        "energy_recorded_joules": (recorded or 0) / 1000,
        "energy_kind": kind_low if kind_low == kind_high else "mixed",
        "counts_estimated": estimated,
        "first_us": first_us,
        "last_us": last_us,
    }
