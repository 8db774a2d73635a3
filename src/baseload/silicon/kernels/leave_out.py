"""Runs predicted by a fit that never saw their group: the honest error, bands included."""

from collections.abc import Sequence

from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels.case import Kernel
from baseload.silicon.kernels.learn import Run, learn

FOLDS = ("shape", "chip precision", "chip")
"""What is left out: a shape on all chips; one precision of a chip; all of a chip."""


def group_of(run: Run, fold: str) -> str:
    """What a run is left out with."""
    return run.case.shape if fold == "shape" else run.case.labels[fold]


def left_out(kernel: Kernel, runs: Sequence[Run], fold: str) -> list[Estimate]:
    """Each run's prediction, in seconds, from a refit without its group. Bands come from the refit too."""
    groups = [group_of(run, fold) for run in runs]
    made: dict[int, Estimate] = {}
    for group in sorted(set(groups)):
        without = learn(kernel, [run for run, other in zip(runs, groups, strict=True) if other != group])
        made.update({i: without.estimate(runs[i].case) for i in range(len(runs)) if groups[i] == group})
    return [made[i] for i in range(len(runs))]
