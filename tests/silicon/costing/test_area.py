"""Areas by block against two die photos, and what moves them."""

from dataclasses import replace
from datetime import date

import pytest

from baseload.catalog.cost import cost_inputs
from baseload.catalog.floorplan import floorplans
from baseload.silicon.costing.area import blocks, core_mm2, floorplan_of, sram_mm2
from baseload.silicon.costing.draw import Middle

PICK = Middle(cost_inputs(), date(2024, 7, 1))
GA100 = floorplan_of(floorplans()["GA100"])


@pytest.mark.parametrize(
    ("name", "core", "tolerance"),
    # LLMCompass ae/figure6: one SM of a GA100 3.75 mm2, one CU of an Aldebaran 4.02 mm2
    [("GA100", 3.75, 0.15), ("Aldebaran", 4.02, 0.25)],
)
def test_a_core_is_as_large_as_its_die_photo_shows(name: str, core: float, tolerance: float) -> None:
    found = float(core_mm2(floorplan_of(floorplans()[name]), PICK))
    assert found == pytest.approx(core, rel=tolerance), "LLMCompass ae/figure6"


def test_blocks_add_up_to_the_die() -> None:
    found = blocks(GA100, PICK)
    assert float(found.total) == pytest.approx(float(sum(found)))
    assert float(found.total) == pytest.approx(822.7, rel=0.10), "GA100 die photo, LLMCompass ae/figure6"


def test_twice_the_cores_take_twice_the_area_and_nothing_else_moves() -> None:
    one, two = blocks(GA100, PICK), blocks(replace(GA100, cores=256.0), PICK)
    assert float(two.cores) == pytest.approx(2 * float(one.cores))
    assert float(two.global_buffer) == float(one.global_buffer)


def test_sram_shrinks_to_n5_and_no_further() -> None:
    sizes = {node: float(sram_mm2(node, 1024.0, PICK)) for node in ("n7", "n6", "n5", "n3")}
    assert sizes["n7"] > sizes["n6"] > sizes["n5"] == sizes["n3"]
