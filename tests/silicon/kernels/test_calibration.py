"""The calibration as data: it says what it is from, comes back as it went, and gives the mode it deserves."""

import json
from importlib import resources

import numpy as np
import pytest

from baseload.silicon.kernels import gemm_case
from baseload.silicon.kernels.bands import LEAST_BAND, Miss, band, bands_of
from baseload.silicon.kernels.calibrate import calibration_text
from baseload.silicon.kernels.families import KERNELS
from baseload.silicon.kernels.learn import learn
from baseload.silicon.kernels.record import read, shipped
from tests.silicon.kernels.measured import FILES, rows, runs


def test_what_ships_is_what_the_recipe_makes_from_the_rows_here() -> None:
    """Attention and all-reduce are fitted again; the large fit of products is compared on its count of rows."""
    files = {FILES[kernel]: rows(FILES[kernel]) for kernel in ("attention", "all_reduce")}
    again = read(calibration_text(files, "2026-11-24"))
    for kernel in ("attention", "all_reduce"):
        assert again[kernel].rows == shipped()[kernel].rows
        for name, (value, sd) in again[kernel].learned.common.items():
            assert shipped()[kernel].learned.common[name] == pytest.approx((value, sd), abs=0.01)
    assert sum(shipped()["gemm"].rows.values()) == len(rows(FILES["gemm"]))


def test_the_file_says_where_it_is_from_and_the_same_fit_gives_the_same_text() -> None:
    files = {FILES["attention"]: rows(FILES["attention"])}
    text = calibration_text(files, "2026-11-24")
    assert text == calibration_text(files, "2026-11-24")
    path = resources.files("baseload.silicon") / "calibration" / "kernels.json"
    said = json.loads(path.read_text(encoding="utf-8"))["provenance"]
    assert said["sources"] == {name: len(rows(name)) for name in FILES.values()}
    assert said["date"] == "2026-11-24"


def test_a_prediction_survives_being_written_and_read() -> None:
    given = runs("attention")
    fresh = learn(KERNELS["attention"], given)
    again = read(calibration_text({"a": rows(FILES["attention"])}, "2026-11-24"))["attention"]
    for run in given[::7]:
        assert again.estimate(run.case).value == pytest.approx(fresh.estimate(run.case).value, rel=2e-3)
        assert again.mode(run.case) == fresh.mode(run.case) == "calibrated"


def test_eight_rows_of_chip_family_and_precision_make_a_cell_calibrated() -> None:
    mine = [run for run in runs("attention") if run.case.labels["chip"] == "L40S" and run.case.scope == "decode"]
    others = [run for run in runs("attention") if run.case.labels["chip"] != "L40S"]
    cell = mine[0].case.cell
    of_cell = [run for run in mine if run.case.cell == cell]
    assert learn(KERNELS["attention"], [*others, *of_cell[:8]]).mode(of_cell[0].case) == "calibrated"
    assert learn(KERNELS["attention"], [*others, *of_cell[:7]]).mode(of_cell[0].case) == "pooled"
    assert learn(KERNELS["attention"], others).mode(of_cell[0].case) == "datasheet"


def test_an_engine_never_measured_on_a_chip_is_pooled_there() -> None:
    assert shipped()["gemm"].mode(gemm_case("H100-SXM", 1, 1, 1, "bf16", "sglang 0.5")) == "pooled"


def test_bands_cut_less_of_the_tails_the_fewer_the_groups() -> None:
    def miss(i: int, error: float, groups: int) -> Miss:
        return Miss(run=i, fold="chip", group=str(i % groups), mode="pooled", kind="bf16", error=error)

    errors = np.linspace(-1, 1, 101)
    few = bands_of(miss(i, float(e), 4) for i, e in enumerate(errors))["pooled"]
    many = bands_of(miss(i, float(e), 101) for i, e in enumerate(errors))["pooled"]
    assert few[0] < many[0] < 0 < many[1] < few[1]
    assert many[1] == pytest.approx(0.81, abs=0.02)


def test_a_kind_with_few_errors_takes_the_band_of_its_mode() -> None:
    kinds = ["bf16"] * 50 + ["fp8"] * 5
    errors = [
        Miss(run=i, fold="chip", group=str(i), mode="pooled", kind=kind, error=(-1) ** i * 0.5)
        for i, kind in enumerate(kinds)
    ]
    bands = bands_of(errors)
    assert set(bands) == {"pooled", "pooled bf16"}
    assert band(bands, "pooled", "fp8") == bands["pooled"]


def test_no_band_is_narrower_than_what_is_assumed_of_its_mode() -> None:
    assert band({}, "datasheet", "bf16") == (-LEAST_BAND["datasheet"], LEAST_BAND["datasheet"])
    for run in runs("gemm")[::17]:
        guess = shipped()["gemm"].estimate(run.case)
        assert np.log(guess.high / guess.value) >= LEAST_BAND[guess.mode] - 1e-9
        assert np.log(guess.value / guess.low) >= LEAST_BAND[guess.mode] - 1e-9
