"""All-reduce: bounded by the link, faster by an engine's own kernels when small."""

import numpy as np
import pytest

from baseload.catalog import chip
from baseload.errors import Unsupported
from baseload.silicon.hardware import hardware_of
from baseload.silicon.kernels import all_reduce_case, all_reduce_s, grid_s

SIZES = np.geomspace(1024, 2**31, 60)


@pytest.mark.parametrize("name", ["H100-SXM", "B200-SXM", "L40S", "A100-SXM-80GB", "MI300X"])
@pytest.mark.parametrize("engine", ["NCCL", "vllm custom all-reduce"])
def test_more_bytes_take_longer_but_where_an_engine_changes_kernels(name: str, engine: str) -> None:
    seconds = grid_s(all_reduce_case(name, 8, SIZES, engine))
    assert np.all(np.diff(seconds) > -0.35 * seconds[:-1])
    assert seconds[-1] > seconds[0] * 100


@pytest.mark.parametrize("chips", [2, 4, 8])
def test_large_messages_come_near_the_link_and_never_beat_a_reducing_switch(chips: int) -> None:
    """A switch that reduces sends each byte once up and once down: at best twice as good as a ring."""
    link = hardware_of(chip("H100-SXM")).link_bytes_per_s
    value = all_reduce_s("H100-SXM", chips, 2**30).value
    assert 2**30 / link < value < 4 * 2**30 / link


def test_an_engines_own_kernels_win_when_the_message_is_small_and_hand_over_when_it_is_large() -> None:
    own = "vllm 0.24.0 custom all-reduce"
    assert all_reduce_s("H100-SXM", 8, 8192, own).value < all_reduce_s("H100-SXM", 8, 8192, "NCCL").value
    large = all_reduce_s("H100-SXM", 8, 2**28, own).value / all_reduce_s("H100-SXM", 8, 2**28, "NCCL").value
    assert large == pytest.approx(1.0, abs=0.15)


def test_chips_without_a_link_of_their_own_pay_for_sharing_the_bus() -> None:
    two, eight = (all_reduce_s("L40S", n, 2**26).value for n in (2, 8))
    assert eight > 3 * two


def test_one_chip_has_nothing_to_reduce() -> None:
    with pytest.raises(Unsupported, match="needs two chips"):
        all_reduce_s("H100-SXM", 1, 1024)
