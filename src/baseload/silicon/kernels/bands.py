"""Bands: how far predictions of left-out runs were off, by mode and by kind of run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from baseload.silicon.estimate import Mode

Band = tuple[float, float]
"""Of log(measured / predicted): 10 % lie below the first, 10 % above the second."""

TAIL = 0.10
LEAST_TAIL = 0.04
"""However few the groups."""
ENOUGH_ERRORS, ENOUGH_IN_MODE = 20, 8
"""For a band of a kind of run in a mode, and of the mode alone."""
LEAST_BAND: Mapping[Mode, float] = {"calibrated": 0.05, "pooled": 0.10, "datasheet": 0.25}
"""Half a band is no narrower, on the logarithmic scale: the next chip is more unlike than the few left out. Assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A run predicted without its group, in the mode that this leaves. `error` is log(measured / predicted)."""

    run: int
    fold: str
    group: str
    mode: Mode
    kind: str
    error: float


def bands_of(misses: Iterable[Miss]) -> dict[str, Band]:
    """The middle 80 % of errors by "mode" and "mode kind", where there are enough.

    Errors of a group go together, so few groups show little of what others may be. Tails are cut at
    TAIL − (1 − TAIL) / n, as conformal prediction does with n independent errors (Vovk 2005); n is taken as two a
    group, one where memory binds and one where arithmetic does.
    """
    collected: dict[str, list[Miss]] = {}
    for miss in misses:
        for key in (miss.mode, f"{miss.mode} {miss.kind}"):
            collected.setdefault(key, []).append(miss)
    made = {}
    for key, given in sorted(collected.items()):
        if len(given) >= (ENOUGH_ERRORS if " " in key else ENOUGH_IN_MODE):
            tail = max(TAIL - (1.0 - TAIL) / _independent(given), LEAST_TAIL)
            low, high = np.quantile([miss.error for miss in given], (tail, 1.0 - tail))
            made[key] = (float(low), float(high))
    return made


def _independent(misses: Iterable[Miss]) -> int:
    """Two a group, of the fold that has most: folds leave out the same runs over again."""
    groups: dict[str, set[str]] = {}
    for miss in misses:
        groups.setdefault(miss.fold, set()).add(miss.group)
    return 2 * max(len(names) for names in groups.values())


def band(bands: Mapping[str, Band], mode: Mode, kind: str) -> Band:
    """Of a kind of run in a mode, or of all runs in that mode; never narrower than LEAST_BAND."""
    low, high = bands.get(f"{mode} {kind}") or bands.get(mode, (0.0, 0.0))
    return min(low, -LEAST_BAND[mode]), max(high, LEAST_BAND[mode])
