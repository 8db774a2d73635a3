"""Errors of predictions, added up as `chip validate` prints them. Errors and coverage are fractions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, median

import numpy as np

from baseload.silicon.estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A row with what was predicted for it, or why not."""

    metric: str
    chip: str
    model: str
    value: float
    answer: Estimate | str

    @property
    def error(self) -> float:
        """|prediction / value − 1| of a row with a prediction; one whose value is 0 has none."""
        return abs(self.answer.value / self.value - 1) if isinstance(self.answer, Estimate) else nan

    @property
    def covered(self) -> bool:
        return isinstance(self.answer, Estimate) and self.answer.low <= self.value <= self.answer.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Errors of the rows of one metric, chip, model and mode; empty names stand for all."""

    metric: str
    chip: str
    model: str
    mode: str
    n: int
    median_ape: float
    mean_ape: float
    p90_ape: float
    coverage_80: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All rows of some files."""

    rows: int
    left_out: dict[str, int]
    groups: list[Group]
    overall: list[Group]

    @property
    def scored(self) -> int:
        return self.rows - sum(self.left_out.values())


def report(rows: Sequence[Scored]) -> Report:
    """Groups by metric, chip, model and mode, and by metric and mode over all chips."""
    return Report(
        rows=len(rows),
        left_out=dict(Counter(row.answer for row in rows if isinstance(row.answer, str)).most_common()),
        groups=_grouped(rows, by_chip=True),
        overall=_grouped(rows, by_chip=False),
    )


def _grouped(rows: Iterable[Scored], *, by_chip: bool) -> list[Group]:
    found: dict[tuple[str, str, str, str], list[Scored]] = defaultdict(list)
    for row in rows:
        if isinstance(row.answer, Estimate):
            place = (row.chip, row.model) if by_chip else ("", "")
            found[row.metric, *place, row.answer.mode].append(row)
    return [_group(*key, found[key]) for key in sorted(found)]


def _group(metric: str, chip: str, model: str, mode: str, rows: Sequence[Scored]) -> Group:
    errors = [row.error for row in rows]
    return Group(
        metric=metric,
        chip=chip,
        model=model,
        mode=mode,
        n=len(rows),
        median_ape=median(errors),
        mean_ape=fmean(errors),
        p90_ape=float(np.quantile(errors, 0.9)),
        coverage_80=fmean(row.covered for row in rows),
    )
