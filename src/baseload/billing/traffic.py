"""The measured traffic mix, read from the usage rows: per model and tier, lengths, cache hits, times and hours.

A request counts when its prompt was billed: it was answered, in whole or until the client left. What a twin answered
is a rehearsal and no traffic. Percentiles are exact: the smallest value that p per cent do not exceed (nearest rank).
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import apsw
import numpy as np

from baseload.billing.activity import TWIN, first_us
from baseload.config.traffic import HOURS, Spread, Traffic, TrafficClass
from baseload.units import Micros

HOUR_US = 3_600_000_000

_ASKED = """
WITH name AS MATERIALIZED (SELECT key, value FROM json_each(:names))
SELECT coalesce(n.value, u.model), iif(u.tier = 'flex', 'flex', u.business), u.admitted_us / :hour_us % 24,
  u.tok_in, u.tok_out, u.tok_cached, (u.first_token_us - u.admitted_us) / 1e3,
  iif(u.tok_out > 1, (u.occurred_us - u.first_token_us) / 1e3 / (u.tok_out - 1), NULL)
FROM usage_event u LEFT JOIN name n ON n.key = u.model
WHERE u.recorded_us >= :from_us AND u.admitted_us >= :from_us AND u.admitted_us < :to_us
  AND u.price_ver <> :twin AND u.tok_in > 0"""

_LEFT_OUT = """
SELECT iif(price_ver = :twin, 'answered by a simulated engine', finish) AS reason, count(*) FROM usage_event
WHERE recorded_us >= :from_us AND admitted_us >= :from_us AND admitted_us < :to_us
  AND (price_ver = :twin OR tok_in = 0) GROUP BY reason ORDER BY reason"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The mix, None when nothing was answered, and how many requests do not count, by reason.

    `from_us` is where the period begins: where it was asked to, or where the record does.
    """

    traffic: Traffic | None
    from_us: Micros
    to_us: Micros
    left_out: Mapping[str, int]


def _column() -> "array[float]":
    return array("d")


@dataclass(slots=True)
class _Seen:
    """The requests of one class as they go by: eight bytes a figure, a column for each."""

    input_tokens: "array[float]" = field(default_factory=_column)
    output_tokens: "array[float]" = field(default_factory=_column)
    ttft_ms: "array[float]" = field(default_factory=_column)
    tpot_ms: "array[float]" = field(default_factory=_column)
    cached: int = 0
    input_of_those: int = 0


def measure_traffic(
    conn: apsw.Connection, *, name: str, from_us: Micros, to_us: Micros, models: Mapping[str, str] | None = None
) -> Measured:
    """The mix of the requests admitted in [from_us, to_us), in one reading transaction and one pass over the rows.

    `models`: the catalogue's id of a model by the id that tenants ask for; a model that is not there keeps its own.
    """
    with conn:
        begin = Micros(min(to_us, max(from_us, first_us(conn) or from_us)))
        span: dict[str, Any] = {"from_us": begin, "to_us": to_us, "twin": TWIN}
        seen, hours = _read(conn, span | {"hour_us": HOUR_US, "names": json.dumps(dict(models or {}))})
        left_out = {str(reason): count for reason, count in conn.execute(_LEFT_OUT, span) if isinstance(count, int)}
    total = sum(hours)
    traffic = None
    if total:
        by_size = sorted(seen, key=lambda key: (-len(seen[key].input_tokens), key))
        traffic = Traffic(
            name=name,
            kind="measured",
            since=_iso(begin),
            until=_iso(to_us),
            requests=total,
            requests_per_s=_rounded(total / ((to_us - begin) / 1e6)),
            hours=tuple(round(count / total, 6) for count in hours),
            classes=tuple(_class(key, seen[key], total) for key in by_size),
        )
    return Measured(traffic=traffic, from_us=begin, to_us=to_us, left_out=left_out)


def _read(conn: apsw.Connection, asked: Mapping[str, Any]) -> tuple[dict[tuple[str, str], _Seen], list[int]]:
    """Columns by (model, tier), and requests by hour of the day."""
    seen: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    hours = [0] * HOURS
    row: tuple[str, str, int, int, int, int | None, float | None, float | None]
    for row in conn.execute(_ASKED, asked):
        model, tier, hour, tok_in, tok_out, tok_cached, ttft_ms, tpot_ms = row
        hours[hour] += 1
        one = seen[model, tier]
        one.input_tokens.append(tok_in)
        one.output_tokens.append(tok_out)
        if ttft_ms is not None:
            one.ttft_ms.append(ttft_ms)
        if tpot_ms is not None:
            one.tpot_ms.append(tpot_ms)
        if tok_cached is not None:
            one.cached += tok_cached
            one.input_of_those += tok_in
    return seen, hours


def _class(key: tuple[str, str], one: _Seen, total: int) -> TrafficClass:
    model, tier = key
    return TrafficClass(
        model=model,
        tier="flex" if tier == "flex" else "internal" if tier == "internal" else "external",
        share=round(len(one.input_tokens) / total, 6),
        cached_fraction=round(one.cached / one.input_of_those, 6) if one.input_of_those else None,
        input_tokens=_spread(one.input_tokens),
        output_tokens=_spread(one.output_tokens),
        measured_ttft_ms=_spread(one.ttft_ms) if one.ttft_ms else None,
        measured_tpot_ms=_spread(one.tpot_ms) if one.tpot_ms else None,
    )


def _spread(values: "array[float]") -> Spread:
    ordered = np.sort(np.frombuffer(values))
    p50, p90, p99 = (_rounded(float(ordered[-(-percent * len(ordered) // 100) - 1])) for percent in (50, 90, 99))
    return Spread(mean=_rounded(float(ordered.mean())), p50=p50, p90=p90, p99=p99)


def _rounded(value: float) -> float:
    """Six significant digits: more would be noise."""
    return float(f"{value:.6g}")


def _iso(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat().replace("+00:00", "Z")
