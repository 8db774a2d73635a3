"""A traffic mix: who asks which model for how much, at which hours, and how soon the answer must come.

`baseload usage traffic` measures one; `baseload chip explore` and the planner read one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Literal

TrafficKind = Literal["measured", "assumed"]
TrafficTier = Literal["internal", "external", "flex"]
"""Whose work, as the router ranks it: flex is whoever may wait, whichever business asks."""

HOURS = 24
FLAT = (1 / HOURS,) * HOURS
TOLERANCE = 0.005
"""How far shares may miss 1: people write 0.33, 0.33 and 0.33 + 0.01."""

Problem = tuple[tuple[str | int, ...], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A quantity over the requests of a class: the mean, and the smallest value that p per cent do not exceed."""

    mean: float
    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """What was promised: so many per cent of the requests are no slower. At least one of the two times is stated."""

    ttft_ms: float | None = None
    tpot_ms: float | None = None
    percentile: float = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficClass:
    """One model at one tier. `share` is of all requests; `cached_fraction` of input tokens, None where nobody can say.

    `model` is the catalogue's id where there is one. `measured_ttft_ms` includes the time in the queue,
    `measured_tpot_ms` is (end − first token) ÷ (output tokens − 1); what was measured is no promise, so no `slo`.
    """

    model: str
    tier: TrafficTier
    share: float
    input_tokens: Spread
    output_tokens: Spread
    cached_fraction: float | None = None
    measured_ttft_ms: Spread | None = None
    measured_tpot_ms: Spread | None = None
    slo: Slo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The whole mix. `requests_per_s` is the mean of the period, `hours` the share of requests by hour of the day, UTC.

    `requests` is how many were looked at; `since` and `until` are ISO 8601 with a zone. An assumed mix may leave all
    three out.
    """

    name: str
    kind: TrafficKind
    requests_per_s: float
    since: str | None = None
    until: str | None = None
    requests: int | None = None
    hours: tuple[float, ...] = FLAT
    classes: tuple[TrafficClass, ...] = ()


def problems(traffic: Traffic) -> Iterator[Problem]:
    """What the values say against each other or against the world, each with the path of its key in the file."""
    yield from _positive(("traffic",), requests_per_s=traffic.requests_per_s)
    yield from _period(traffic)
    if len(traffic.hours) != HOURS:
        yield ("traffic", "hours"), f"must be {HOURS} shares, one for each hour of the day, has {len(traffic.hours)}"
    elif any(share < 0 for share in traffic.hours) or abs(sum(traffic.hours) - 1) > TOLERANCE:
        yield ("traffic", "hours"), f"must be shares that add up to 1, add up to {sum(traffic.hours):.6g}"
    if not traffic.classes:
        yield (), "there is no [[class]]; write one for each model and tier"
        return
    total = sum(c.share for c in traffic.classes)
    if abs(total - 1) > TOLERANCE:
        yield ("class", 0, "share"), f"the shares of all classes must add up to 1, add up to {total:.6g}"
    seen: set[tuple[str, str]] = set()
    for i, one in enumerate(traffic.classes):
        if (one.model, one.tier) in seen:
            yield ("class", i, "model"), f"{one.model!r} at tier {one.tier!r} is there twice"
        seen.add((one.model, one.tier))
        yield from _class(("class", i), one)


def _period(traffic: Traffic) -> Iterator[Problem]:
    times = {}
    for key, text in (("since", traffic.since), ("until", traffic.until)):
        if text is None:
            if traffic.kind == "measured":
                yield ("traffic",), f"{key} is missing; a measured mix says of which period it is"
            continue
        try:
            times[key] = datetime.fromisoformat(text)
        except ValueError:
            yield ("traffic", key), f'must be a time such as "2026-10-25T00:00:00Z", is {text!r}'
            continue
        if times[key].tzinfo is None:
            yield ("traffic", key), f"must say its zone, as in {text + 'Z'!r}"
            del times[key]
    if len(times) == 2 and times["since"] >= times["until"]:
        yield ("traffic", "until"), "must come after since"
    if traffic.requests is not None and traffic.requests < 1:
        yield ("traffic", "requests"), f"must be at least 1, is {traffic.requests}"


def _class(path: tuple[str | int, ...], one: TrafficClass) -> Iterator[Problem]:
    if not 0 < one.share <= 1:
        yield (*path, "share"), f"must be above 0 and at most 1, is {one.share:g}"
    if one.cached_fraction is not None and not 0 <= one.cached_fraction <= 1:
        yield (*path, "cached_fraction"), f"must be 0 to 1, is {one.cached_fraction:g}"
    for key in ("input_tokens", "output_tokens", "measured_ttft_ms", "measured_tpot_ms"):
        spread: Spread | None = getattr(one, key)
        if spread is not None:
            yield from _spread((*path, key), spread)
    if one.slo is not None:
        yield from _slo((*path, "slo"), one.slo)


def _spread(path: tuple[str | int, ...], spread: Spread) -> Iterator[Problem]:
    yield from _positive(path, mean=spread.mean)
    if not 0 <= spread.p50 <= spread.p90 <= spread.p99:
        yield path, f"must have 0 ≤ p50 ≤ p90 ≤ p99, has {spread.p50:g}, {spread.p90:g}, {spread.p99:g}"


def _slo(path: tuple[str | int, ...], slo: Slo) -> Iterator[Problem]:
    if slo.ttft_ms is None and slo.tpot_ms is None:
        yield path, "promises nothing; say ttft_ms, tpot_ms or both, or leave it out"
    stated = {key: value for key in ("ttft_ms", "tpot_ms") if (value := getattr(slo, key)) is not None}
    yield from _positive(path, **stated)
    if not 0 < slo.percentile < 100:
        yield (*path, "percentile"), f"must be above 0 and below 100, is {slo.percentile:g}"


def _positive(path: tuple[str | int, ...], **values: float) -> Iterator[Problem]:
    for key, value in values.items():
        if not isfinite(value) or value <= 0:
            yield (*path, key), f"must be above 0, is {value:g}"
