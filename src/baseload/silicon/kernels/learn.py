"""Constants of a kernel family learned from measured runs, and the bands that left-out runs give them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baseload.silicon.calibrate.hierarchy import Fit
from baseload.silicon.coefficients import Array
from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels.bands import Miss, band, bands_of
from baseload.silicon.kernels.calibration import Calibration, banded, mode_of
from baseload.silicon.kernels.case import Case, Kernel

ROUNDS, REFIT_ROUNDS = 25, 6
"""Of the full fit, and of one that starts from it with a group taken away."""
FOLDS = ("shape", "chip precision", "chip")
"""What is left out: a shape on all chips; one precision of a chip; all of a chip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A measured run: seconds."""

    case: Case
    value_s: float

    def group(self, fold: str) -> str:
        """What it is left out with."""
        return self.case.shape if fold == "shape" else self.case.labels[fold]


def learn(kernel: Kernel, runs: Sequence[Run]) -> Calibration:
    """Fit all runs, then again without each group of each fold for the bands."""
    fit = fitted(kernel, runs)
    learned = fit.learned()
    return Calibration(
        kernel=kernel,
        learned=learned,
        rows=_counted(runs),
        known=_known(runs),
        bands=bands_of(misses(kernel, runs, fit)),
    )


def fitted(kernel: Kernel, runs: Sequence[Run]) -> Fit:
    """The multilevel fit of log seconds."""
    quantities, labels = _stacked(runs)
    measured = np.log([run.value_s for run in runs])
    return Fit(lambda c: np.log(kernel.seconds(quantities, c)), kernel.belief, labels, measured).run(ROUNDS)


def misses(kernel: Kernel, runs: Sequence[Run], fit: Fit) -> list[Miss]:
    """Every run predicted by refits without its shape, without its chip's precision, and without its chip."""
    full = fit.log_constants, fit.residual
    made = []
    for fold in FOLDS:
        groups = np.array([run.group(fold) for run in runs])
        for group in np.unique(groups):
            fit.log_constants, fit.residual = full
            fit.unseen = groups == group
            made += _missed(kernel, runs, fit.run(REFIT_ROUNDS), fold, str(group))
    fit.unseen = np.zeros(len(runs), dtype=bool)
    fit.log_constants, fit.residual = full
    return made


def left_out(kernel: Kernel, runs: Sequence[Run], fold: str) -> list[Estimate]:
    """Each run's prediction, in seconds, by a refit without its group, in a band that its group had no part in."""
    everything = misses(kernel, runs, fitted(kernel, runs))
    bands = {
        group: bands_of(miss for miss in everything if runs[miss.run].group(fold) != group)
        for group in {run.group(fold) for run in runs}
    }
    made = {}
    for miss in everything:
        if miss.fold == fold:
            run = runs[miss.run]
            value_s = run.value_s / float(np.exp(miss.error))
            around = band(bands[miss.group], miss.mode, miss.kind)
            made[miss.run] = banded(value_s, miss.mode, around, run.case.assumption)
    return [made[i] for i in range(len(runs))]


def _missed(kernel: Kernel, runs: Sequence[Run], fit: Fit, fold: str, group: str) -> list[Miss]:
    kept = [run for run, unseen in zip(runs, fit.unseen, strict=True) if not unseen]
    rows, known = _counted(kept), _known(kept)
    places = [int(place) for place in np.flatnonzero(fit.unseen)]
    mine = [runs[i] for i in places]
    quantities, labels = _stacked(mine)
    predicted = kernel.seconds(quantities, fit.learned(spreads=False).constants(kernel.belief, labels))
    return [
        Miss(
            run=place,
            fold=fold,
            group=group,
            mode=mode_of(run.case, rows, known),
            kind=run.case.band,
            error=float(np.log(run.value_s / value)),
        )
        for place, run, value in zip(places, mine, predicted, strict=True)
    ]


def _stacked(runs: Sequence[Run]) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """Quantities and labels, each over runs."""
    cases = [run.case for run in runs]
    quantities = {name: np.array([float(case.quantities[name]) for case in cases]) for name in cases[0].quantities}
    return quantities, {effect: [case.labels[effect] for case in cases] for effect in cases[0].labels}


def _counted(runs: Sequence[Run]) -> Mapping[str, int]:
    return dict(Counter(run.case.cell for run in runs))


def _known(runs: Sequence[Run]) -> frozenset[str]:
    return frozenset[str]().union(*(run.case.relatives for run in runs))
