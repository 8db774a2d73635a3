"""The trust strip: three equalities that hold when every token and every joule has been accounted for."""

from dataclasses import dataclass
from typing import Literal

from baseload.console import figures
from baseload.console.wire import State

EXACT_J = 0.0005
"""Joules travel as millijoules: half of one is the rounding of a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One reconciliation: counts that must be equal, and their difference, printed.

    It stands open while answers run: the counters of engines and gateway are not read in the same instant.
    """

    title: str
    parts: tuple[tuple[str, str], ...]
    difference: str
    standing: Literal["agrees", "open", "differs"]


def matches(state: State) -> list[Match]:
    """Engine = metered, metered = billed + lost + open (not settled yet), joules metered = joules allotted."""
    t, busy = state.trust, state.requests.in_flight > 0
    engine = {"engine": t.engine_tokens, "metered": t.metered_tokens}
    split = {"billed": t.billed_tokens, "lost": t.lost_tokens, "open": t.open_tokens}
    accounted = t.billed_tokens + t.lost_tokens + t.open_tokens
    return [
        _tokens("Engine tokens = metered", t.metered_tokens - t.engine_tokens, engine, busy=busy),
        _tokens("Metered = billed + lost + open", accounted - t.metered_tokens, split, busy=busy),
        _joules("Joules metered = allotted", t.joules_metered, t.joules_allotted),
    ]


def _tokens(title: str, difference: int, parts: dict[str, int], *, busy: bool) -> Match:
    return Match(
        title=title,
        parts=tuple((name, figures.count(value)) for name, value in parts.items()),
        difference=figures.signed(difference, figures.count(abs(difference))),
        standing="agrees" if difference == 0 else "open" if busy else "differs",
    )


def _joules(title: str, metered: float, allotted: float) -> Match:
    difference = allotted - metered
    holds = abs(difference) < EXACT_J
    return Match(
        title=title,
        parts=(("metered", f"{metered:,.1f} J"), ("allotted", f"{allotted:,.1f} J")),
        difference=figures.signed(0 if holds else difference, f"{0 if holds else abs(difference):,.3f} J"),
        standing="agrees" if holds else "differs",
    )
