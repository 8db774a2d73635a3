"""Errors on runs that a fit has not seen, against the bars. benchmarks/kernel_accuracy.py has every fold."""

from collections import defaultdict

import numpy as np
import pytest

from baseload.silicon.kernels.families import KERNELS
from baseload.silicon.kernels.learn import learn, left_out
from tests.silicon.kernels.measured import runs

BARS = {"bf16": 0.08, "fp8": 0.15, "fp8_block": 0.15}
FOLD = "7168x8192"
"""The weight shape left out here, of four: the recipe leaves out each in turn."""


def test_products_of_an_unseen_shape_are_within_their_bars() -> None:
    given = runs("gemm")
    without = learn(KERNELS["gemm"], [run for run in given if run.case.shape != FOLD])
    errors: dict[str, list[float]] = defaultdict(list)
    held = []
    for run in given:
        if run.case.shape == FOLD:
            guess = without.estimate(run.case)
            errors[run.case.labels["precision"]].append(abs(guess.value / run.value_s - 1))
            held.append(guess.low <= run.value_s <= guess.high)
    missed = {band: float(np.median(errors[band])) for band, bar in BARS.items() if np.median(errors[band]) > bar}
    assert missed == {}
    assert np.mean(held) >= 0.7


@pytest.mark.parametrize(
    ("kernel", "fold"),
    [
        ("attention", "shape"),
        ("attention", "chip"),
        pytest.param("all_reduce", "shape", marks=pytest.mark.slow),
        ("all_reduce", "chip"),
    ],
)
def test_attention_and_all_reduce_are_within_theirs(kernel: str, fold: str) -> None:
    given = runs(kernel)
    guesses = left_out(KERNELS[kernel], given, fold)
    errors = [abs(guess.value / run.value_s - 1) for run, guess in zip(given, guesses, strict=True)]
    held = [guess.low <= run.value_s <= guess.high for run, guess in zip(given, guesses, strict=True)]
    assert np.median(errors) <= 0.20
    assert 0.7 <= np.mean(held) <= 0.9
