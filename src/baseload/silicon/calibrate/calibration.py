"""Three fits that follow one another, as one value: decode, first token, and the gain of everything else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from baseload.silicon.calibrate.beliefs import decode_belief, first_belief, gain_belief
from baseload.silicon.calibrate.decode import constants_of, running, tpot_s
from baseload.silicon.calibrate.first import ttft_s
from baseload.silicon.calibrate.hierarchy import Learned
from baseload.silicon.calibrate.load import base, case
from baseload.silicon.calibrate.observation import Observation
from baseload.silicon.calibrate.table import Table
from baseload.silicon.coefficients import Array
from baseload.silicon.constants import Constants
from baseload.silicon.estimate import ENOUGH_ROWS, Mode

MS = 1e3
PARTS = ("decode", "first", "gain")
UNKNOWN_BAND = float(np.log(2.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was learned. `rows` counts fitted rows by part and combination, `families` says which engines were seen.

    `bands`: by part and mode, the factor that 80 % of left-out rows lie within, up and down.
    """

    decode: Learned
    first: Learned
    gain: Learned
    rows: Mapping[str, Mapping[str, int]]
    bands: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def constants(self, labels: Mapping[str, Sequence[str]]) -> Constants:
        """Decode constants of rows with these labels."""
        return constants_of(self.decode.constants(decode_belief(), labels))

    def half_width(self, part: str, mode: str) -> float:
        """Of the 80 % band, on the logarithm; a factor of two where nothing was left out to learn it from."""
        return self.bands.get(part, {}).get(mode, UNKNOWN_BAND)

    def mode(self, part: str, combination: str, family: str) -> Mode:
        """calibrated, pooled or datasheet: how much was known of this engine on this chip."""
        counted = self.rows[part]
        if counted.get(combination, 0) >= ENOUGH_ROWS:
            return "calibrated"
        return "pooled" if any(seen.split(" ")[-2] == family for seen in counted) else "datasheet"


def part_of(o: Observation) -> str:
    """Which fit a row belongs to."""
    if o.kind in ("closed", "static") and o.statistic not in ("p95", "p99"):
        if o.metric == "tpot_ms":
            return "decode"
        if o.metric == "ttft_ms":
            return "first"
    return "gain"


def log_predictions(c: Calibration, part: str, t: Table) -> Array:
    """Log of each row's figure, in the row's unit, from what was learned."""
    k = c.constants(t.labels)
    if part == "decode":
        return np.log(tpot_s(t, k, running(t)) * MS) + c.decode.offset(t.labels)
    made = c.first.constants(first_belief(), t.labels)
    if part == "first":
        return np.log(ttft_s(t, k, made, running(t)) * MS) + c.first.offset(t.labels)
    labels = {**t.labels, "case": case(t)}
    gain = c.gain.constants(gain_belief(), labels)["gain"]
    return np.log(base(t, k, made)) + np.log(gain) + c.gain.offset(labels)
