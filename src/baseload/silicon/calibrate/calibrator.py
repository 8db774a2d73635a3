"""Fits the three parts of a calibration, with all rows or without some groups of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from baseload.errors import SetupError
from baseload.silicon.calibrate.beliefs import decode_belief, first_belief, gain_belief
from baseload.silicon.calibrate.calibration import MS, PARTS, UNKNOWN_BAND, Calibration, log_predictions, part_of
from baseload.silicon.calibrate.decode import constants_of, log_tpot
from baseload.silicon.calibrate.first import log_ttft
from baseload.silicon.calibrate.hierarchy import Fit, Learned
from baseload.silicon.calibrate.load import case, log_gain
from baseload.silicon.calibrate.observation import Observation
from baseload.silicon.calibrate.table import table
from baseload.silicon.coefficients import Array

REFIT_ROUNDS = 3
"""From the full solution, after taking a group away: what then still moves is below a hundredth."""


Leave = Callable[[Observation], bool]
"""Whether a row is left out of a fit."""


class Calibrator:
    """Rows of measurements, ready to be fitted more than once."""

    def __init__(self, observations: Sequence[Observation], known: Calibration | None = None) -> None:
        """A part without rows is taken from `known`. SetupError when there are no rows at all, or nothing is known."""
        self.rows = {part: [o for o in observations if part_of(o) == part] for part in PARTS}
        self._known = known
        self._parts = [part for part in PARTS if self.rows[part]]
        if not self._parts or (known is None and len(self._parts) < len(PARTS)):
            raise SetupError("there are no usable rows to fit; give measured rows of TPOT, TTFT or throughput")
        self._tables = {part: table(self.rows[part]) for part in self._parts}
        self._labels = {part: t.labels for part, t in self._tables.items()}
        if "gain" in self._labels:
            self._labels["gain"] = {**self._labels["gain"], "case": case(self._tables["gain"])}
        beliefs = {"decode": decode_belief(), "first": first_belief(), "gain": gain_belief()}
        self._fits = {
            part: Fit(
                log_tpot(self._tables[part]),  # the other two get their models once decode is known
                beliefs[part],
                self._labels[part],
                self._tables[part].log_value - (0.0 if part == "gain" else np.log(MS)),
            )
            for part in self._parts
        }
        self._full: dict[str, tuple[Array, Array]] = {}

    def fit(self, *, rounds: int = 12, spreads: bool = False) -> Calibration:
        """Fit the parts in turn, with all rows."""
        made = self._fitted(lambda _: False, rounds, spreads=spreads)
        self._full = {part: (fit.log_constants, fit.residual) for part, fit in self._fits.items()}
        return made

    def left_out(self, groups: Sequence[str]) -> Iterator[tuple[str, str, Observation, float, str]]:
        """For each row of each group, refitted without it: group, part, row, log(prediction / measured), mode."""
        for group in groups:
            made = self.without(lambda o, group=group: o.group == group)  # type: ignore[misc]
            for part, rows in self.rows.items():
                kept = [o for o in rows if o.group == group]
                if not kept:
                    continue
                t = table(kept)
                for o, error in zip(kept, log_predictions(made, part, t) - t.log_value, strict=True):
                    yield group, part, o, float(error), made.mode(part, o.labels()["combination"], o.family)

    def without(self, leave: Leave) -> Calibration:
        """Refit from the full solution, without the rows that `leave` says."""
        for part, fit in self._fits.items():
            fit.log_constants, fit.residual = self._full[part]
        return self._fitted(leave, REFIT_ROUNDS, spreads=False)

    def _fitted(self, leave: Leave, rounds: int, *, spreads: bool) -> Calibration:
        """The parts in turn."""
        for part, fit in self._fits.items():
            fit.unseen = np.array([leave(o) for o in self.rows[part]], dtype=bool)
        decode = self._learned("decode", rounds, spreads=spreads)
        k = {part: constants_of(decode.constants(decode_belief(), labels)) for part, labels in self._labels.items()}
        if "first" in self._fits:
            self._fits["first"].model = log_ttft(self._tables["first"], k["first"])
        first = self._learned("first", rounds, spreads=spreads)
        if "gain" in self._fits:
            made = first.constants(first_belief(), self._labels["gain"])
            self._fits["gain"].model = log_gain(self._tables["gain"], k["gain"], made)
        gain = self._learned("gain", rounds, spreads=spreads)
        return Calibration(decode=decode, first=first, gain=gain, rows=self._counted(leave))

    def _learned(self, part: str, rounds: int, *, spreads: bool) -> Learned:
        if part in self._fits:
            return self._fits[part].run(rounds).learned(spreads=spreads)
        learned: Learned = getattr(self._known, part)
        return learned

    def _counted(self, leave: Leave) -> dict[str, dict[str, int]]:
        counted = {
            part: dict(Counter(o.labels()["combination"] for o in self.rows[part] if not leave(o)))
            for part in self._parts
        }
        known = self._known.rows if self._known else {}
        return {**{part: dict(rows) for part, rows in known.items()}, **counted}


def with_bands(made: Calibration, errors: Sequence[tuple[str, str, float]]) -> Calibration:
    """Bands from left-out errors (part, mode, log error): the quantile of their size that covers 80 %.

    Of a part with too few rows of a mode, all its modes together.
    """
    bands: dict[str, dict[str, float]] = {}
    for part in PARTS:
        everything = [abs(e) for p, _, e in errors if p == part]
        bands[part] = {}
        for mode in ("calibrated", "pooled", "datasheet"):
            here = [abs(e) for p, m, e in errors if p == part and m == mode]
            chosen = here if len(here) >= FEWEST else everything
            bands[part][mode] = float(np.quantile(chosen, COVERED)) if chosen else UNKNOWN_BAND
    return replace(made, bands=bands)


COVERED = 0.8
FEWEST = 20
