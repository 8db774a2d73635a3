"""Published checks about kernels: most within the tolerance that the file states, none dropped in silence."""

import numpy as np
import pytest

from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.kernels.checks import CATEGORIES, check, chip_named
from baseload.silicon.kernels.score import speak_to
from tests.silicon.kernels.measured import rows

CHECKS = {row["check_id"]: row for row in rows("silicon_checks.csv") if row["category"] in CATEGORIES}


def test_every_check_about_kernels_is_spoken_to() -> None:
    assert len(CHECKS) == 63
    for row in CHECKS.values():
        assert speak_to(row).value > 0


def test_the_median_check_is_within_fifteen_per_cent() -> None:
    errors = [abs(speak_to(row).value / float(row["value"]) - 1) for row in CHECKS.values()]
    assert np.median(errors) <= 0.15


@pytest.mark.parametrize(
    ("check_id", "tolerance"),
    [("SV040", 0.10), ("SV046", 0.10), ("SV051", 0.05), ("SV073", 0.15), ("SV091", 0.10), ("SV093", 0.15)],
)
def test_golden_checks_hold(check_id: str, tolerance: float) -> None:
    """Best products of an H100, a link's copy, a large product of an MI210, an all-reduce and a layer of four A100."""
    row = CHECKS[check_id]
    assert speak_to(row).value == pytest.approx(float(row["value"]), rel=tolerance)


def test_a_subject_is_found_by_the_names_that_checks_use() -> None:
    assert chip_named("Gaudi 2")[0].id == "Gaudi-2"
    assert chip_named("A100-80GB")[0].id == "A100-SXM-80GB"
    found, said = chip_named("H200 NVLink4")
    assert (found.id, said) == ("H200-SXM", "H200-SXM taken for 'H200 NVLink4'")
    with pytest.raises(LeftOut, match="chip 'Abacus' is not in the catalogue"):
        chip_named("Abacus")
    with pytest.raises(LeftOut, match="the chip is not stated"):
        chip_named(" ")


def test_a_check_without_its_sizes_is_left_out() -> None:
    with pytest.raises(LeftOut, match="size of the product"):
        check(CHECKS["SV052"] | {"conditions": "some size"})
    with pytest.raises(LeftOut, match="operator rope is not modelled"):
        check(CHECKS["SV081"] | {"quantity": "rope time"})
