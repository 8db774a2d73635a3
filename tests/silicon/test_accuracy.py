"""How far off the model is on the repository's measured rows: golden figures with room for what a new fit moves."""

from pathlib import Path

import numpy as np
import pytest

from baseload.silicon.calibrate.calibrator import Calibrator
from baseload.silicon.calibrate.learn import unique
from baseload.silicon.score.errors import Report
from baseload.silicon.validate import validate
from benchmarks.accuracy import ALSO_FITTED, DATA, SCORED, observations


@pytest.fixture(scope="module")
def shipped() -> Report:
    return validate([Path(DATA / SCORED)])[0]


def test_nearly_all_rows_that_are_not_suspect_are_scored(shipped: Report):
    suspect = shipped.left_out["quality is suspect"]
    assert shipped.scored / (shipped.rows - suspect) > 0.94


@pytest.mark.parametrize(("metric", "most"), [("tpot_ms", 0.09), ("ttft_ms", 0.20)])
def test_rows_that_were_fitted_are_met(shipped: Report, metric: str, most: float):
    (group,) = [g for g in shipped.overall if (g.metric, g.mode) == (metric, "calibrated")]
    assert group.median_ape < most


def test_groups_that_were_left_out_are_met_as_the_accuracy_page_says():
    scored = observations(SCORED)
    ids = {id(o) for o in scored}
    calibrator = Calibrator(unique(scored + observations(ALSO_FITTED)[::4]))
    calibrator.fit(rounds=8)
    groups = ["B200-SXM / MiniMax-M2.5", "B200-SXM / Llama-3.1-70B", "H200-SXM / DeepSeek-V3", "H100-SXM / BLOOM-176B"]
    errors = [e for _, part, o, e, _ in calibrator.left_out(groups) if part == "decode" and id(o) in ids]
    assert len(errors) == 96 + 12 + 18 + 12
    assert np.median(np.abs(np.expm1(errors))) < 0.15
