"""The trust strip: three equalities that hold when every token and every joule has been accounted for."""

from dataclasses import dataclass

from baseload.console import figures
from baseload.console.wire import State

EXACT_J = 0.0005
"""Joules travel as millijoules: half of one is the rounding of a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One reconciliation: counts that must be equal, and their difference, printed."""

    title: str
    parts: tuple[tuple[str, str], ...]
    difference: str
    holds: bool


def matches(state: State) -> list[Match]:
    """Engine = metered, metered = billed + lost, joules metered = joules allotted."""
    t = state.trust
    return [
        _tokens(
            "Engine tokens = metered",
            t.metered_tokens - t.engine_tokens,
            engine=t.engine_tokens,
            metered=t.metered_tokens,
        ),
        _tokens(
            "Metered = billed + lost",
            t.billed_tokens + t.lost_tokens - t.metered_tokens,
            billed=t.billed_tokens,
            lost=t.lost_tokens,
        ),
        _joules("Joules metered = allotted", t.joules_metered, t.joules_allotted),
    ]


def _tokens(title: str, difference: int, **parts: int) -> Match:
    return Match(
        title=title,
        parts=tuple((name, figures.count(value)) for name, value in parts.items()),
        difference=figures.signed(difference, figures.count(abs(difference))),
        holds=difference == 0,
    )


def _joules(title: str, metered: float, allotted: float) -> Match:
    difference = allotted - metered
    holds = abs(difference) < EXACT_J
    return Match(
        title=title,
        parts=(("metered", f"{metered:,.1f} J"), ("allotted", f"{allotted:,.1f} J")),
        difference=figures.signed(0 if holds else difference, f"{0 if holds else abs(difference):,.3f} J"),
        holds=holds,
    )
