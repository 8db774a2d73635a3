"""The measured traffic mix, read from the usage rows: per model and tier, lengths, cache hits, times and hours.

A request counts when its prompt was billed: it was answered, in whole or until the client left. What a twin answered
is a rehearsal and no traffic. Percentiles are exact: the smallest value that p per cent do not exceed (nearest rank).
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw
import numpy as np

from baseload.billing.activity import TWIN, first_us
from baseload.config.traffic import HOURS, Spread, Traffic, TrafficClass, problems
from baseload.errors import SetupError
from baseload.units import Micros

HOUR_US = 3_600_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SILENT = "of a model and tier that answered no token"

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
    hours: list[int] = field(default_factory=lambda: [0] * HOURS)
    cached: int = 0
    input_of_those: int = 0

    @property
    def requests(self) -> int:
        return len(self.input_tokens)


def measure_traffic(
    conn: apsw.Connection, *, name: str, from_us: Micros, to_us: Micros, models: Mapping[str, str] | None = None
) -> Measured:
    """The mix of the requests admitted in [from_us, to_us), in one reading transaction and one pass over the rows.

    `models`: the catalogue's id of a model by the id that tenants ask for; a model that is not there keeps its own.
    """
    with conn:
        begin = Micros(min(to_us, max(from_us, first_us(conn) or from_us)))
        span: dict[str, Any] = {"from_us": begin, "to_us": to_us, "twin": TWIN}
        seen = _read(conn, span | {"hour_us": HOUR_US, "names": json.dumps(dict(models or {}))})
        left_out = {str(reason): count for reason, count in conn.execute(_LEFT_OUT, span) if isinstance(count, int)}
    silent = [key for key, one in seen.items() if not any(one.output_tokens)]
    if unanswered := sum(seen.pop(key).requests for key in silent):
        left_out[SILENT] = unanswered
    traffic = _mix(name, begin, to_us, seen) if seen else None
    return Measured(traffic=traffic, from_us=begin, to_us=to_us, left_out=left_out)


def _mix(name: str, begin: Micros, to_us: Micros, seen: Mapping[tuple[str, str], _Seen]) -> Traffic:
    """The classes together, largest first. SetupError where the books say what no mix can be."""
    total = sum(one.requests for one in seen.values())
    by_size = sorted(seen, key=lambda key: (-seen[key].requests, key))
    since, until = _period(begin, to_us)
    traffic = Traffic(
        name=name,
        kind="measured",
        since=since,
        until=until,
        requests=total,
        requests_per_s=_rounded(total / ((to_us - begin) / 1e6)),
        hours=tuple(round(sum(count) / total, 6) for count in zip(*(one.hours for one in seen.values()), strict=True)),
        classes=tuple(_class(key, seen[key], total) for key in by_size),
    )
    if wrong := list(problems(traffic)):
        said = "; ".join(f"{'.'.join(map(str, path))} {message}" for path, message in wrong)
        raise SetupError(f"the usage rows do not make a mix: {said}; look at them with: baseload ledger verify")
    return traffic


def _read(conn: apsw.Connection, asked: Mapping[str, Any]) -> dict[tuple[str, str], _Seen]:
    """Columns by (model, tier)."""
    seen: dict[tuple[str, str], _Seen] = defaultdict(_Seen)
    row: tuple[str, str, int, int, int, int | None, float | None, float | None]
    for row in conn.execute(_ASKED, asked):
        model, tier, hour, tok_in, tok_out, tok_cached, ttft_ms, tpot_ms = row
        one = seen[model, tier]
        one.hours[hour] += 1
        one.input_tokens.append(tok_in)
        one.output_tokens.append(tok_out)
        if ttft_ms is not None:
            one.ttft_ms.append(ttft_ms)
        if tpot_ms is not None:
            one.tpot_ms.append(tpot_ms)
        if tok_cached is not None:
            one.cached += tok_cached
            one.input_of_those += tok_in
    return seen


def _class(key: tuple[str, str], one: _Seen, total: int) -> TrafficClass:
    model, tier = key
    return TrafficClass(
        model=model,
        tier="flex" if tier == "flex" else "internal" if tier == "internal" else "external",
        share=_rounded(one.requests / total),
        cached_fraction=min(round(one.cached / one.input_of_those, 6), 1.0) if one.input_of_those else None,
        input_tokens=_spread(one.input_tokens),
        output_tokens=_spread(one.output_tokens),
        measured_ttft_ms=_times(one.ttft_ms),
        measured_tpot_ms=_times(one.tpot_ms),
    )


def _times(values: "array[float]") -> Spread | None:
    """None without any, and where clocks were too coarse or ran backwards: a mean of 0 is no time."""
    found = _spread(values) if values else None
    return found if found and found.mean > 0 and found.p50 >= 0 else None


def _spread(values: "array[float]") -> Spread:
    ordered = np.sort(np.frombuffer(values))
    p50, p90, p99 = (_rounded(float(ordered[-(-percent * len(ordered) // 100) - 1])) for percent in (50, 90, 99))
    return Spread(mean=_rounded(float(ordered.mean())), p50=p50, p90=p90, p99=p99)


def _rounded(value: float) -> float:
    """Six significant digits: more would be noise."""
    return float(f"{value:.6g}")


def _period(*at_us: int) -> list[str]:
    """ISO 8601 in UTC to the second; to the microsecond where the seconds are one."""
    fine = len({at // 1_000_000 for at in at_us}) < len(at_us)
    times = [EPOCH + timedelta(microseconds=at) for at in at_us]
    return [t.isoformat(timespec="microseconds" if fine else "seconds").replace("+00:00", "Z") for t in times]
