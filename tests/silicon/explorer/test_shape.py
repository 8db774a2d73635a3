"""The published shape of the problem: a bandwidth-shaped chip wins long answers, and loses them again."""

import re
from pathlib import Path

import pytest

from baseload.silicon.explorer import Market, build
from benchmarks.explore_shape import Case, cases, decode_chip, turning, turning_memory_price, turning_prompt_share

MARKET = Market()


@pytest.fixture(scope="module")
def found() -> dict[str, Case]:
    return dict(zip(("answers", "prompts", "surge"), cases(MARKET), strict=True))


def test_a_decode_chip_beats_every_bought_chip_on_long_answers(found: dict[str, Case]) -> None:
    assert found["answers"].ratio < 0.9, found["answers"].told()


def test_it_loses_to_a_gpu_when_the_mix_turns_to_prompts(found: dict[str, Case]) -> None:
    assert found["prompts"].ratio > 1.3, found["prompts"].told()


def test_it_loses_again_when_memory_is_three_times_as_dear(found: dict[str, Case]) -> None:
    assert found["surge"].ratio > 1.0, found["surge"].told()


def test_both_turns_lie_between_the_cases() -> None:
    memory, prompts = turning_memory_price(MARKET), turning_prompt_share(MARKET)
    assert memory is not None
    assert 1.2 < memory < 3.0
    assert prompts is not None
    assert 0.2 < prompts < 0.9


def test_the_decode_chip_has_fewer_flops_a_byte_than_rubin() -> None:
    made = build(decode_chip(MARKET), MARKET)
    assert made.peaks.bf16[0] / (made.bandwidth_gb_per_s[0] * 1e9) < 4000e12 / 22e12


def test_a_ratio_that_does_not_turn_has_no_turning_point() -> None:
    assert turning(lambda x: 0.5, 0, 1) is None
    assert turning(lambda x: 2.0, 0, 1) is None
    assert turning(lambda x: 2 * x, 0, 1) == pytest.approx(0.5, abs=1e-4)


def test_the_pages_figures_are_the_recipes(found: dict[str, Case]) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "method" / "explorer.md").read_text()
    table = page.split("| chip ÷ Rubin |")[1].split("\n\n")[0]
    ratios = [float(x) for x in re.findall(r"\*\*([\d.]+)\*\*", table)]
    assert ratios == pytest.approx([one.ratio for one in found.values()], abs=0.02), "run benchmarks.explore_shape"
