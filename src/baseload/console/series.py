"""The last hour as columns: for sparks, for "against the hour", for the live charts and the table beneath them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from baseload.console.wire import History, State

HOUR_S = 3600
CHART_S = 600
UNASSIGNED = "idle and overhead"
"""Watts at the meter that no replica caused."""
NOTICED_W = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Parallel columns, oldest first, `at_us` among them."""

    at_us: list[float] = field(default_factory=list)
    columns: dict[str, list[float | None]] = field(default_factory=dict)
    by_model: dict[str, list[float | None]] = field(default_factory=dict)
    by_node_watts: dict[str, list[float | None]] = field(default_factory=dict)

    def column(self, name: str) -> list[float | None]:
        """The column, or as many unknowns when this gateway does not keep it."""
        return self.columns.get(name) or [None] * len(self.at_us)


def read(history: History, state: State) -> Series:
    """The gateway's rows as columns; watts of replicas added up by node, and what is left of the meter beside them."""
    names = history.fields
    columns = {name: [row[i] if i < len(row) else None for row in history.rows] for i, name in enumerate(names)}
    times = [t or 0.0 for t in columns.pop("at_us", [])]
    node_of = {replica.id: replica.node for replica in state.replicas}
    nodes: dict[str, list[float | None]] = {}
    for replica, watts in history.by_replica_watts.items():
        node = node_of.get(replica, replica)
        watts = _fitted(watts, len(times))
        nodes[node] = _added(nodes[node], watts) if node in nodes else watts
    metered = _fitted(columns.get("watts", []), len(times))
    rest = [_rest(w, [line[i] for line in nodes.values()]) for i, w in enumerate(metered)]
    if any(w and w > NOTICED_W for w in rest):
        nodes[UNASSIGNED] = rest
    by_model = {model: _fitted(line, len(times)) for model, line in history.by_model.items()}
    return Series(at_us=times, columns=columns, by_model=by_model, by_node_watts=nodes)


def point(state: State, models: Iterable[str], nodes: Collection[str]) -> dict[str, object]:
    """One second of the live charts, in the order of the series the page was drawn with; None is a gap."""
    rates = {m: total(r.tokens_per_s for r in state.replicas if r.model == m) for m in models}
    watts = {n: total(r.watts for r in state.replicas if r.node == n) for n in nodes if n != UNASSIGNED}
    if UNASSIGNED in nodes:
        watts[UNASSIGNED] = _rest(state.power.watts, watts.values())
    return {"at": state.as_of_us / 1e6, "tokens": rates, "watts": watts, "cap": state.power.envelope_watts or None}


def _fitted(values: Sequence[float | None], length: int) -> list[float | None]:
    """Newest aligned with newest."""
    tail = list(values)[-length:] if length else []
    return [None] * (length - len(tail)) + tail


def _added(a: Sequence[float | None], b: Sequence[float | None]) -> list[float | None]:
    return [None if x is None and y is None else (x or 0.0) + (y or 0.0) for x, y in zip(a, b, strict=True)]


def _rest(total: float | None, parts: Iterable[float | None]) -> float | None:
    return None if total is None else max(0.0, total - sum(p or 0.0 for p in parts))


def total(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None when nothing is."""
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of what is known."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else None


def bucketed(values: Sequence[float | None], buckets: int = 60) -> list[float | None]:
    """Means of equal stretches: an hour of seconds as sixty points."""
    if len(values) <= buckets:
        return list(values)
    edges = [round(i * len(values) / buckets) for i in range(buckets + 1)]
    return [mean(values[a:b]) for a, b in pairwise(edges)]


def minutes(
    series: Series, lines: dict[str, list[float | None]], count: int = 10
) -> list[tuple[int, list[float | None]]]:
    """The newest `count` whole minutes, newest first, as (start in µs, mean of each line)."""
    groups: dict[int, list[int]] = {}
    for i, at in enumerate(series.at_us):
        groups.setdefault(int(at) // 60_000_000, []).append(i)
    newest = sorted(groups, reverse=True)[:count]
    return [(m * 60_000_000, [mean([line[i] for i in groups[m]]) for line in lines.values()]) for m in newest]
