"""Constants of a kernel family learned from measured runs; bands from how far left-out runs were off."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from baseload.silicon.calibrate.hierarchy import Fit, Learned
from baseload.silicon.estimate import Estimate, Mode
from baseload.silicon.kernels.case import Array, Case, Kernel

ENOUGH_ROWS = 8
"""Of one chip, engine family and precision, for its predictions to count as calibrated."""
LEAST_TAIL = 0.03
"""However few the groups."""
ENOUGH_ERRORS = 20
"""For a band of its own; fewer share one with all of the kernel in that mode."""
TAIL = 0.10
"""Of rows on either side of a band."""
LEAST_BAND: Mapping[Mode, float] = {"calibrated": 0.05, "pooled": 0.10, "datasheet": 0.25}
"""Half a band is no narrower, on the logarithmic scale: the next chip is more unlike than the few left out. Assumed."""
ROUNDS = 25
Band = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A measured run: seconds."""

    case: Case
    value_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What is known of one kernel family. `rows` counts fit rows by cell; bands are of log(measured / predicted)."""

    kernel: Kernel
    learned: Learned
    rows: Mapping[str, int]
    known: frozenset[str]
    """Chips and generations with fit rows."""
    bands: Mapping[str, Band]

    def mode(self, case: Case) -> Mode:
        return mode_of(case, self.rows, self.known)

    def band(self, case: Case) -> Band:
        """Of its kind of rows in its mode, or of all rows in that mode."""
        mode = self.mode(case)
        own = self.bands.get(f"{mode} {case.band}")
        low, high = own or self.bands.get(mode, (0.0, 0.0))
        return min(low, -LEAST_BAND[mode]), max(high, LEAST_BAND[mode])

    def seconds(self, case: Case) -> Array:
        """Central figures, over the case's grid."""
        labels = {effect: [level] for effect, level in case.labels.items()}
        made = self.learned.constants(self.kernel.belief, labels)
        return self.kernel.seconds(case.quantities, {name: np.ravel(value)[0] for name, value in made.items()})

    def estimate(self, case: Case) -> Estimate:
        """Of a case that is one run, in seconds."""
        value = float(self.seconds(case))
        low, high = self.band(case)
        return Estimate(
            value=value,
            low=value * float(np.exp(low)),
            high=value * float(np.exp(high)),
            mode=self.mode(case),
            assumption=case.assumption,
        )


def learn(kernel: Kernel, runs: Sequence[Run]) -> Calibration:
    """Fit, then leave out shapes, precisions of a chip, and chips, to see the errors of each mode."""
    fit = fitted(kernel, runs)
    cases = [run.case for run in runs]
    errors: dict[str, list[tuple[str, float]]] = {}
    for groups in (
        [case.shape for case in cases],
        [case.labels["chip precision"] for case in cases],
        [case.labels["chip"] for case in cases],
    ):
        left_out = -fit.left_out(groups)
        for i, mode in enumerate(modes_without(cases, groups)):
            for key in (mode, f"{mode} {cases[i].band}"):
                errors.setdefault(key, []).append((groups[i], float(left_out[i])))
    return Calibration(
        kernel=kernel,
        learned=fit.learned(),
        rows=dict(Counter(case.cell for case in cases)),
        known=_known(cases),
        bands=bands_of(errors),
    )


def fitted(kernel: Kernel, runs: Sequence[Run]) -> Fit:
    """The multilevel fit of log seconds."""
    cases = [run.case for run in runs]
    quantities = {
        name: np.array([float(case.quantities[name]) for case in cases])
        for name in (cases[0].quantities if cases else ())
    }
    labels = {effect: [case.labels[effect] for case in cases] for effect in (cases[0].labels if cases else ())}
    measured = np.log([run.value_s for run in runs])
    return Fit(lambda c: np.log(kernel.seconds(quantities, c)), kernel.belief, labels, measured).run(ROUNDS)


def mode_of(case: Case, rows: Mapping[str, int], known: frozenset[str]) -> Mode:
    """What stands behind a prediction, given fit rows by cell and the chips and generations that have any."""
    if rows.get(case.cell, 0) >= ENOUGH_ROWS:
        return "calibrated"
    return "pooled" if known & case.relatives else "datasheet"


def modes_without(cases: Sequence[Case], groups: Sequence[str]) -> list[Mode]:
    """The mode in which each run would be predicted, were its group not measured."""
    modes: dict[int, Mode] = {}
    for group in set(groups):
        rest = [case for case, other in zip(cases, groups, strict=True) if other != group]
        rows, known = Counter(case.cell for case in rest), _known(rest)
        modes.update({i: mode_of(case, rows, known) for i, case in enumerate(cases) if groups[i] == group})
    return [modes[i] for i in range(len(cases))]


def bands_of(errors: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, Band]:
    """The middle 80 % of log(measured / predicted), by key, where there are enough; a mode alone needs but a few.

    `errors` are (group, error): those of a group go together, so few groups show little of what others may be. Tails
    are cut at TAIL − (1 − TAIL) / n, as conformal prediction does with n independent errors (Vovk 2005); n is taken as
    two a group, one where memory binds and one where arithmetic does.
    """
    made = {}
    for key, given in sorted(errors.items()):
        if len(given) >= (ENOUGH_ERRORS if " " in key else ENOUGH_ROWS):
            independent = 2 * len({group for group, _ in given})
            tail = max(TAIL - (1.0 - TAIL) / independent, LEAST_TAIL)
            low, high = np.quantile([error for _, error in given], (tail, 1.0 - tail))
            made[key] = (float(low), float(high))
    return made


def _known(cases: Sequence[Case]) -> frozenset[str]:
    return frozenset[str]().union(*(case.relatives for case in cases))
