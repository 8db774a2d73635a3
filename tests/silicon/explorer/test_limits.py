"""What cannot be built is refused by name, with the amount."""

from dataclasses import replace

import pytest

from baseload.errors import SetupError
from baseload.silicon.explorer import OverTheLimit, build, design, refuse
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.limits import broken
from baseload.silicon.explorer.market import Market
from tests.silicon.explorer.mixes import MARKET, chip


def names(genome: Genome, market: Market = MARKET) -> list[str]:
    return [one.limit for one in broken(build(genome, market), market)]


def sized(die_mm2: float, **chosen: object) -> Genome:
    """A design of one die of about so many mm², by its compute area."""
    genome = chip(chiplets=1, stacks=4, **chosen)
    rest = build(genome, MARKET).area.total - genome.compute_mm2 / 0.85
    return genome._replace(compute_mm2=(die_mm2 - rest) * 0.85)


def test_a_die_of_900_mm2_is_refused_as_above_the_reticle() -> None:
    with pytest.raises(OverTheLimit) as caught:
        refuse(build(sized(900), MARKET), MARKET)
    assert str(caught.value) == ("the design cannot be built; reticle: one die is 900 mm², 42 over the 858 allowed")


def test_a_die_of_the_reticle_is_built() -> None:
    assert names(sized(857)) == []


def test_one_reticle_die_has_edge_for_six_stacks_and_two_dies_for_eight_as_h100_and_b200_have() -> None:
    one = sized(850, memory="hbm3e", node="n5")
    two = chip(compute_mm2=1000, chiplets=2, memory="hbm3e", node="n5")
    for genome, most in ((one, 6), (two, 8)):
        fits = genome._replace(stacks=genome.stacks * 0 + most)
        assert "beachfront" not in names(fits)
    assert "beachfront" in names(one._replace(stacks=one.stacks * 0 + 7))


def test_every_limit_that_is_broken_is_named_at_once() -> None:
    found = names(chip(compute_mm2=4000, chiplets=1, stacks=16, frequency_ghz=2.4))
    assert {"reticle", "beachfront", "package", "rack power"} <= set(found)


def test_heat_is_limited_by_the_area_of_the_dies() -> None:
    assert names(chip(frequency_ghz=2.4)) == names(chip())
    cold = MARKET.ruling("power_density_w_per_mm2", 0.3)
    assert "power density" in names(chip(), cold)


def test_a_volume_beyond_the_supply_is_refused_for_interposers_and_memory() -> None:
    many = replace(MARKET, volume=3_000_000.0)
    assert {"interposer supply", "memory supply"} <= set(names(chip(), many))
    board = chip(memory="gddr7", stacks=8, chiplets=1, compute_mm2=300)
    assert "interposer supply" not in names(board, many)


def test_an_unknown_node_or_memory_names_what_there_is() -> None:
    with pytest.raises(SetupError, match="no memory 'hbm9'; it has: gddr7, hbm3e, hbm4, lpddr5x"):
        chip(memory="hbm9")
    with pytest.raises(SetupError, match="no node 'n1'"):
        chip(node="n1")


def test_a_size_below_zero_is_refused() -> None:
    with pytest.raises(SetupError, match="no sizes below zero"):
        design(MARKET.technology, compute_mm2=-1, sram_mb=1, memory="hbm4", stacks=1, node="n3")
