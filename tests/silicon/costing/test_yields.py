"""Yield: published figures of the models, and what repair can and cannot do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.silicon.costing.yields import harvested, negative_binomial, poisson, textbook

AREAS = st.floats(min_value=1, max_value=860)
DENSITIES = st.floats(min_value=0.01, max_value=1.0)
ALPHAS = st.floats(min_value=1, max_value=20)


@pytest.mark.parametrize(
    ("area_mm2", "expected"),
    # Poisson, Murphy, Seeds at 0.10 defects/cm2: worked by hand from the formulas.
    [(814, (0.443, 0.468, 0.551)), (420, (0.657, 0.667, 0.704)), (115, (0.891, 0.892, 0.897))],
)
def test_the_textbook_models_give_their_textbook_figures(area_mm2: float, expected: tuple[float, ...]) -> None:
    found = [
        float(textbook("poisson", area_mm2, 0.10, 3.0)),
        float(textbook("murphy", area_mm2, 0.10, 3.0)),
        float(textbook("seeds", area_mm2, 0.10, 3.0)),
    ]
    assert found == pytest.approx(expected, abs=0.001)


@pytest.mark.parametrize(("alpha", "expected"), [(10, 0.457), (3, 0.487)])
def test_clustered_defects_spare_more_dies(alpha: float, expected: float) -> None:
    assert float(negative_binomial(814, 0.10, alpha)) == pytest.approx(expected, abs=0.001)
    assert float(negative_binomial(814, 0.10, alpha)) > float(poisson(814, 0.10))


def test_bose_einstein_lies_between_poisson_and_seeds() -> None:
    assert poisson(400, 0.2) < textbook("bose_einstein", 400, 0.2, 3.0) < textbook("seeds", 400, 0.2, 3.0)


@pytest.mark.parametrize(("share", "expected"), [(0.6, 0.72), (0.7, 0.78), (0.8, 0.85)])
def test_a_gh100_that_sells_132_of_144_units_yields_what_its_fixed_area_allows(share: float, expected: float) -> None:
    """GH100, 814 mm2 at 0.10 defects/cm2: the binomial is all but one."""
    found = harvested(814, 0.10, repairable_fraction=share, units=144, units_needed=132)
    assert float(found) == pytest.approx(expected, abs=0.005)


@given(AREAS, DENSITIES, ALPHAS, st.floats(min_value=0, max_value=1), st.integers(1, 60), st.integers(0, 12))
def test_repair_never_loses_dies_and_never_makes_more_than_there_are(
    area: float, density: float, alpha: float, share: float, needed: int, spare: int
) -> None:
    repaired = float(
        harvested(
            area, density, repairable_fraction=share, units=needed + spare, units_needed=needed, alpha=np.asarray(alpha)
        )
    )
    plain = float(harvested(area, density, alpha=np.asarray(alpha)))
    assert 0 < repaired <= 1 + 1e-12
    assert repaired >= plain * (1 - 1e-9)


@given(AREAS, st.floats(min_value=0.01, max_value=0.3), st.floats(min_value=2, max_value=20))
def test_without_repair_the_mean_over_densities_is_the_negative_binomial(
    area: float, density: float, alpha: float
) -> None:
    assert float(harvested(area, density, alpha=alpha)) == pytest.approx(
        float(negative_binomial(area, density, alpha)), rel=1e-6
    )


def test_one_spare_of_two_is_worked_out_by_hand() -> None:
    """Half the die is two units of which one must work: Y = e^-x/2 (1 - (1 - q)^2), q = e^-x/4."""
    x, q = 1.0, np.exp(-0.25)
    found = harvested(100, 1.0, repairable_fraction=0.5, units=2, units_needed=1)
    assert float(found) == pytest.approx(np.exp(-x / 2) * (1 - (1 - q) ** 2), rel=1e-12)


def test_a_family_of_dies_is_one_call() -> None:
    areas, needed = np.array([100.0, 400.0, 800.0]), np.array([30, 32, 28])
    together = harvested(areas, 0.1, repairable_fraction=0.6, units=32, units_needed=needed, alpha=3.0)
    alone = [
        float(harvested(a, 0.1, repairable_fraction=0.6, units=32, units_needed=k, alpha=3.0))
        for a, k in zip(areas, needed, strict=True)
    ]
    assert together == pytest.approx(alone, rel=1e-12)
