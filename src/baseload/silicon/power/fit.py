"""The two constants of a chip's draw learned from rows of energy.csv, and the data file they ship in.

Robust: rows far off weigh next to nothing (Cauchy's weight). Three of the thirty cannot be right: at 8,192 input tokens
the average is 0.17 to 0.18, little above rest, although the source has normal token times and peaks of 1.0 for them;
idle time was averaged in. At 4,096 tokens it may have been in part.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from math import exp, log

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.left_out import Row
from baseload.silicon.power.draw import PowerConstants
from baseload.silicon.power.rows import fraction, fraction_row

START = PowerConstants(compute=1.25, bandwidth=0.9, error_low=-0.25, error_high=0.25)
"""Compute: the rows' notes have peaks of 0.92 to 1.09 of the maximum while prompts use 0.35 to 0.48 of arithmetic."""
DOUBT = (0.1, 0.3)
"""Standard deviations of the logarithms of START's two: averages over mostly decoding say little of compute."""
NOISE, OUTLIER = 0.05, 2.0
ROUNDS, SMALL = 20, 1e-4
LEAST_BAND = 0.10


def learn(rows: Sequence[Row]) -> PowerConstants:
    """By iterated reweighted least squares on logarithms, around START. Bands are the middle 80 % of the errors."""
    given = [(*fraction_row(row), float(row["value"])) for row in rows]
    start = np.log([START.compute, START.bandwidth])

    def errors(at: Array) -> Array:
        made = _constants(at)
        return np.array([log(value / fraction(entry, phases, made)) for entry, phases, value in given])

    at = start
    prior = np.diag(1.0 / np.square(DOUBT))
    for _ in range(ROUNDS):
        now = errors(at)
        slope = np.stack([(now - errors(at + step)) / SMALL for step in np.eye(2) * SMALL], axis=1)
        weight = 1.0 / (NOISE**2 * (1.0 + np.square(now / NOISE / OUTLIER)))
        pull = slope.T @ (weight * now) - prior @ (at - start)
        at = at + np.linalg.solve(slope.T @ (weight[:, None] * slope) + prior, pull)
    low, high = np.quantile(errors(at), (0.1, 0.9))
    return replace(_constants(at), error_low=min(-LEAST_BAND, float(low)), error_high=max(LEAST_BAND, float(high)))


def _constants(at: Array) -> PowerConstants:
    return replace(START, compute=exp(at[0]), bandwidth=exp(at[1]))


def constants_text(constants: PowerConstants, date: str, sources: Mapping[str, int]) -> str:
    """The data file; the same fit gives the same text."""
    rounded = {name: round(value, 4) for name, value in asdict(constants).items()}
    return json.dumps({"provenance": {"date": date, "sources": dict(sources)}, "gpu": rounded}, indent=1) + "\n"
