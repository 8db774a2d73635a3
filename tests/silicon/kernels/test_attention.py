"""Attention: more context, more time; caches narrower or nearer are read faster."""

import numpy as np
import pytest

from baseload.errors import Unsupported
from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels import attention_case, attention_s, grid_s
from baseload.silicon.kernels.attention import Phase
from baseload.silicon.kernels.case import Array


def seconds(phase: Phase, batch: int, lengths: Array, kv_dtype: str = "bf16") -> Array:
    new, cached = (lengths, 0.0) if phase == "prefill" else (1.0, lengths)
    case = attention_case(
        "L40S" if phase == "decode" else "GB200",
        phase,
        batch=batch,
        new_tokens=new,
        cached_tokens=cached,
        heads=32,
        kv_heads=8,
        head_dim=128,
        dtype="bf16",
        kv_dtype=kv_dtype,
        engine="vllm",
    )
    return grid_s(case)


LENGTHS = np.geomspace(16, 131072, 80)


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_longer_context_and_larger_batches_never_take_less_time(phase: Phase) -> None:
    one, many = seconds(phase, 1, LENGTHS), seconds(phase, 64, LENGTHS)
    assert np.all(np.diff(one) >= 0)
    assert np.all(np.diff(many) >= 0)
    assert np.all(many >= one)


def test_a_long_prompt_costs_four_times_one_half_as_long() -> None:
    long, longer = seconds("prefill", 1, np.array([65536.0, 131072.0]))
    assert longer / long == pytest.approx(4.0, rel=0.05)


def test_a_cache_of_half_the_width_is_read_in_half_the_time_beyond_the_chips_own_cache() -> None:
    lengths = np.array([32768.0])
    ratio = seconds("decode", 64, lengths, "fp8") / seconds("decode", 64, lengths, "bf16")
    assert float(ratio[0]) == pytest.approx(0.5, abs=0.06)


def test_what_fits_the_last_level_cache_is_read_faster_than_memory_can() -> None:
    """L40S: 96 MB of it, 864 GB/s of memory. 48 MB of keys and values, less the launch, beat the memory."""
    tokens = 48e6 / (2 * 8 * 128 * 2) / 8
    more, less = seconds("decode", 8, np.array([tokens, tokens / 2]))
    assert float(more - less) < 24e6 / 864e9


def test_impossible_heads_and_phases_are_errors() -> None:
    def ask(phase: str, kv_heads: int) -> Estimate:
        return attention_s(
            "H100-SXM",
            phase,  # type: ignore[arg-type]
            batch=1,
            new_tokens=1,
            cached_tokens=10,
            heads=32,
            kv_heads=kv_heads,
        )

    with pytest.raises(Unsupported, match="32 heads do not divide into 5"):
        ask("decode", 5)
    with pytest.raises(Unsupported, match="at least one sequence"):
        ask("decode", 0)
    with pytest.raises(Unsupported, match="prefill or decode, not 'train'"):
        ask("train", 8)


def test_a_chip_measured_in_decode_only_is_not_called_measured_in_prefill() -> None:
    decode = attention_s("L40S", "decode", batch=1, new_tokens=1, cached_tokens=512, heads=32, kv_heads=8)
    prefill = attention_s("L40S", "prefill", batch=1, new_tokens=512, cached_tokens=0, heads=32, kv_heads=8)
    assert (decode.mode, prefill.mode) == ("calibrated", "datasheet")
