"""The price of work: what must hold on any chip."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.errors import BaseloadError
from baseload.silicon.explorer import build
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.datasheet import datasheet
from baseload.silicon.explorer.work import Service, service
from tests.silicon.explorer.mixes import MARKET, chip, one_class

CHIP = build(chip(), MARKET).chips
MODEL = datasheet


def served(chips: Chips, given_tokens: float = 1024, made: float = 2048, tpot_ms: float | None = 50) -> Service:
    return service(chips, one_class(given_tokens, made, tpot_ms=tpot_ms), MODEL, MARKET.rules)


@given(more=st.floats(1.0, 4.0), made=st.integers(64, 8192))
@settings(max_examples=25, deadline=None)
def test_more_bandwidth_never_lowers_the_decode_rate(more: float, made: int) -> None:
    faster = CHIP._replace(bandwidth_bytes_per_s=CHIP.bandwidth_bytes_per_s * more)
    assert served(faster, made=made).decode_alone_chip_s <= served(CHIP, made=made).decode_alone_chip_s


@given(more=st.floats(1.0, 4.0), tokens=st.integers(128, 16384))
@settings(max_examples=25, deadline=None)
def test_more_arithmetic_never_lowers_the_prefill_rate(more: float, tokens: int) -> None:
    faster = CHIP._replace(fp8_flops_per_s=CHIP.fp8_flops_per_s * more, bf16_flops_per_s=CHIP.bf16_flops_per_s * more)
    assert served(faster, tokens).prefill_alone_chip_s <= served(CHIP, tokens).prefill_alone_chip_s


@given(more=st.floats(1.0, 8.0))
@settings(max_examples=25, deadline=None)
def test_more_memory_never_costs_chip_time(more: float) -> None:
    larger = CHIP._replace(memory_bytes=CHIP.memory_bytes * more)
    assert served(larger).chip_s <= served(CHIP).chip_s


@given(tpot_ms=st.floats(8.0, 200.0))
@settings(max_examples=25, deadline=None)
def test_a_tighter_promise_never_costs_less_and_is_kept(tpot_ms: float) -> None:
    free, bound = served(CHIP, tpot_ms=None), served(CHIP, tpot_ms=tpot_ms)
    assert bound.chip_s >= free.chip_s
    assert not bound.served[0] or bound.tpot_s[0] * 1e3 <= tpot_ms / MARKET.rules.slo_headroom.value


def test_a_promise_that_no_batch_keeps_is_not_served() -> None:
    slow = build(chip(memory="lpddr5x", stacks=2, chiplets=1), MARKET).chips._replace(domain=np.array([1.0]))
    found = served(slow)
    assert not found.served[0]
    assert np.isinf(found.chip_s[0])


def test_cached_input_is_cheaper_and_longer_answers_are_dearer() -> None:
    plain, cached = one_class(4096, 256), replace(one_class(4096, 256), cached_fraction=0.8)
    rules = MARKET.rules
    assert service(CHIP, cached, MODEL, rules).prefill_chip_s < service(CHIP, plain, MODEL, rules).prefill_chip_s
    assert served(CHIP, made=4096).chip_s > served(CHIP, made=1024).chip_s


def test_pools_apart_never_cost_more_chip_time_than_one_that_does_both() -> None:
    found = served(CHIP)
    assert found.prefill_alone_chip_s <= found.prefill_chip_s
    assert found.decode_alone_chip_s <= found.decode_chip_s


def test_a_shift_without_its_savings_is_not_cheaper_in_arithmetic() -> None:
    shift = MARKET.technology.shifts["lower-precision"]
    one = one_class(8192, 64)
    without = CHIP._replace(fp4_flops_per_s=np.zeros(1))
    with_it = CHIP._replace(fp4_flops_per_s=CHIP.fp8_flops_per_s * 2)
    found = [service(c, one, MODEL, MARKET.rules, shift).prefill_chip_s[0] for c in (without, with_it)]
    assert found[1] < found[0]


def test_a_model_that_the_catalogue_lacks_is_named_with_the_nearest() -> None:
    with pytest.raises(BaseloadError, match="Llama-3.1-70B"):
        service(CHIP, one_class(model="Llama-3.1-70"), MODEL, MARKET.rules)
