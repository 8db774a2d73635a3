"""Embodied carbon against what is published of modules and boards."""

from datetime import date

import pytest

from baseload.catalog.cost import cost_inputs
from baseload.silicon.costing import bought, carbon_kg
from baseload.silicon.costing.carbon import per_cm2_kg
from baseload.silicon.costing.draw import Middle

PICK = Middle(cost_inputs(), date(2025, 6, 1))


@pytest.mark.parametrize(("node", "expected"), [("n7", 2.03), ("n5", 2.43), ("n3", 2.77)])
def test_silicon_is_as_acts_taiwan_figures(node: str, expected: float) -> None:
    """ACT: grid 0.583 kg/kWh × fab energy + gases at 97 % abatement + materials, per cm2 before yield."""
    assert float(per_cm2_kg(node, PICK)) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(
    ("name", "kg", "source"),
    [
        ("H100-SXM", 164, "NVIDIA HGX H100 PCF summary, 1,312 kg for eight"),
        ("A100-SXM-40GB", 127.6, "Falk et al. 2025"),
    ],
)
def test_a_module_weighs_what_is_published(name: str, kg: float, source: str) -> None:
    assert float(carbon_kg(bought(name), PICK).module) == pytest.approx(kg, rel=0.3), source


def test_logic_is_a_small_part() -> None:
    found = carbon_kg(bought("H100-SXM"), PICK)
    assert float(found.logic) == pytest.approx(22, rel=0.2)
    assert found.logic < 0.2 * found.module


def test_a_cleaner_grid_makes_cleaner_dies() -> None:
    cleaner = carbon_kg(bought("H100-SXM"), PICK, grid="grid_ci_usa")
    assert cleaner.logic < carbon_kg(bought("H100-SXM"), PICK).logic
