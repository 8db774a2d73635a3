"""Ranking models: a hand calculation comes out, what binds is named, and tables that do not fit say so."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.errors import Unsupported
from baseload.silicon.ranking import RankingChip, RankingRate, RankingShape, chips_for_capacity, rank, ranking_facts
from baseload.silicon.ranking.estimate import Work

MODEL = RankingShape(
    tables=100, rows=1e9, dimension=128, bytes_per_value=2, lookups_per_sample=2000, flops_per_sample=100e6
)
CHIP = RankingChip(memory_bytes=80e9, bandwidth_bytes_per_s=3e12, peak_flops_per_s=1e15, link_bytes_per_s=400e9)


def rate(
    model: RankingShape = MODEL, chip: RankingChip = CHIP, work: Work = "serving", chips: int | None = None
) -> RankingRate:
    return rank(model, chip, work=work, chips=chips, rng=np.random.default_rng(3))


def test_a_hand_calculation_comes_out() -> None:
    """256 GB of tables on chips of 72 usable: four. 2,000 rows of 256 bytes at 0.6 of 3 TB/s: 0.284 us of a chip.

    100 MFLOPs at 0.4 of 1 PFLOP/s: 0.25 us. 100 vectors of 256 bytes, three quarters from elsewhere, at 0.6 of
    400 GB/s: 0.08 us. Bandwidth binds: 3.52 million samples a second and chip.
    """
    found = rate()
    assert (found.chips, found.chips_for_capacity, found.binds) == (4, 4, "bandwidth")
    assert found.samples_per_s_per_chip.central == pytest.approx(0.6 * 3e12 / (2000 * 256))
    low, centre, high = found.samples_per_s_per_chip
    assert low < centre < high


def test_each_resource_binds_when_it_is_short() -> None:
    assert rate(chip=replace(CHIP, peak_flops_per_s=1e14)).binds == "compute"
    assert rate(chip=replace(CHIP, link_bytes_per_s=1e10)).binds == "network"
    assert rate(chip=replace(CHIP, link_bytes_per_s=1e10, memory_bytes=1e12)).binds == "bandwidth"  # one chip: no links


def test_training_reads_thrice_keeps_state_and_is_slower() -> None:
    serving, training = rate(), rate(work="training", chips=4)
    assert training.samples_per_s_per_chip.central == pytest.approx(serving.samples_per_s_per_chip.central / 3)
    assert MODEL.table_bytes("training") - MODEL.table_bytes("serving") == 4 * MODEL.rows  # row-wise Adagrad


def test_a_short_row_still_costs_a_sector() -> None:
    thin = replace(MODEL, dimension=8, bytes_per_value=1)
    assert thin.gathered_bytes_per_sample("serving") == 2000 * 64


def test_tables_that_do_not_fit_say_by_how_much_and_what_holds_them() -> None:
    with pytest.raises(Unsupported, match=r"do not fit 2 chips by 112\.0 GB; 4 chips hold them"):
        rate(chips=2)


@given(
    factor=st.floats(1, 20),
    chips=st.integers(4, 64),
    work=st.sampled_from(("serving", "training")),
    resource=st.sampled_from(("bandwidth_bytes_per_s", "peak_flops_per_s", "link_bytes_per_s")),
)
def test_more_of_a_resource_is_never_slower(factor: float, chips: int, work: Work, resource: str) -> None:
    better = replace(CHIP, **{resource: factor * getattr(CHIP, resource)})
    assert (
        rate(chip=better, work=work, chips=chips).samples_per_s_per_chip.central
        >= rate(work=work, chips=chips).samples_per_s_per_chip.central
    )


@given(memory=st.floats(1e9, 1e13))
def test_the_fewest_chips_hold_the_tables_and_one_fewer_does_not(memory: float) -> None:
    chip = replace(CHIP, memory_bytes=memory)
    count = chips_for_capacity(MODEL, chip, "serving")
    assert count * 0.9 * memory >= MODEL.table_bytes("serving") * (1 - 1e-12)
    assert (count - 1) * 0.9 * memory < MODEL.table_bytes("serving")


def test_the_facts_say_where_they_are_from() -> None:
    assert all(fact.source and fact.low < fact.value < fact.high for fact in ranking_facts().values())
