"""The published shape of the problem, derived again: a chip shaped for decode against the GPUs that can be bought.

    python -m benchmarks.explore_shape --json

A bandwidth-shaped chip beats a GPU on dollars a token where answers are long, and loses it again when prompts outweigh
answers or when memory gets dear (LLMCompass, ISCA'24, found up to 3.41 times A100's work for the money in such shapes,
at the DRAM prices of 2023). The chip is fixed, so that the same chip is asked every time; beside it stands what the
search finds for the long answers. Everything is modelled, prices of bought chips are quotes (docs/method/explorer.md).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from baseload.config.traffic import Slo, Spread, Traffic, TrafficClass
from baseload.silicon.explorer import Market, design, explore, judge, refuse, set_scene
from baseload.silicon.explorer.design import build
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.scene import Scene
from benchmarks.report import options, publish, say

MODEL = "Llama-3.1-70B"
LONG_ANSWERS, LONG_PROMPTS = (2048, 4096), (8192, 64)
"""Tokens in and out of a request: reasoning, and the sorting of documents."""
OTHER_ANSWERS = ((512, 2048), (1024, 4096), (1024, 8192))
SURGE = 3.0
TTFT_MS, TPOT_MS = 3000, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One traffic and one market: USD per million tokens of the chip and of every bought chip that serves it."""

    name: str
    chip: float
    bought: dict[str, float]

    @property
    def gpu(self) -> str:
        """The cheapest bought chip."""
        return min(self.bought, key=self.bought.__getitem__)

    @property
    def ratio(self) -> float:
        """The chip's cost a token over the cheapest bought one's: below 1 it wins."""
        return self.chip / self.bought[self.gpu]

    def told(self) -> dict[str, Any]:
        return {"case": self.name, "chip_usd_per_mtok": self.chip, "gpu": self.gpu, "ratio": self.ratio,
                "wins": self.ratio < 1, "bought_usd_per_mtok": self.bought}  # fmt: skip


def decode_chip(market: Market) -> Genome:
    """Twelve stacks of HBM4 around little arithmetic: 24 TB/s, about a third of Rubin's FLOPs a byte."""
    chip = design(
        market.technology, compute_mm2=720, programmable=0.1, sram_mb=128, memory="hbm4", stacks=12, node="n3",
        chiplets=4, frequency_ghz=1.8, link_gb_per_s=600,
    )  # fmt: skip
    refuse(build(chip, market), market)
    return chip


def traffic(*shares: tuple[float, tuple[int, int]]) -> Traffic:
    """A mix of request shapes, each with its share; a shape is an internal or an external class."""
    tiers = ("external", "internal")
    return Traffic(
        name="shape",
        kind="assumed",
        requests_per_s=100.0,
        classes=tuple(
            TrafficClass(
                model=MODEL,
                tier="external" if tier == "external" else "internal",
                share=share,
                input_tokens=_fixed(given),
                output_tokens=_fixed(made),
                slo=Slo(ttft_ms=TTFT_MS, tpot_ms=TPOT_MS),
            )
            for tier, (share, (given, made)) in zip(tiers, shares, strict=False)
        ),
    )


def case(name: str, mix: Traffic, market: Market) -> Case:
    """Price the decode chip and everything bought."""
    scene = _scene(mix, market)
    chip = float(judge(decode_chip(market), scene).costs[0, 0])
    sold = zip(scene.bought.chips.names, scene.bought_today.usd_per_mtok, strict=True)
    return Case(name=name, chip=chip, bought={n: float(usd) for n, usd in sold if np.isfinite(usd)})


def cases(market: Market) -> list[Case]:
    """Long answers, long prompts, and long answers with memory at three times its price."""
    long_answers = traffic((1.0, LONG_ANSWERS))
    return [
        case("long answers", long_answers, market),
        case("long prompts", traffic((1.0, LONG_PROMPTS)), market),
        case(f"long answers, memory x{SURGE:g}", long_answers, replace(market, memory_price=SURGE)),
    ]


def turning_memory_price(market: Market, answers: tuple[int, int] = LONG_ANSWERS) -> float | None:
    """The multiple of today's memory price at which the chip's advantage on long answers is gone; None: beyond 20."""
    mix = traffic((1.0, answers))
    return turning(lambda k: case("", mix, replace(market, memory_price=k)).ratio, 1.0, 20.0)


def turning_prompt_share(market: Market) -> float | None:
    """The share of requests with long prompts at which it is gone."""
    return turning(lambda s: case("", traffic((1 - s, LONG_ANSWERS), (s, LONG_PROMPTS)), market).ratio, 0.001, 0.999)


def turning(ratio: Callable[[float], float], low: float, high: float) -> float | None:
    """Where a rising ratio passes 1, by halving; None where it does not."""
    if ratio(low) >= 1 or ratio(high) < 1:
        return None
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if ratio(middle) >= 1 else (middle, high)
    return (low + high) / 2


def _scene(mix: Traffic, market: Market) -> Scene:
    return set_scene(mix, market)


def _fixed(tokens: int) -> Spread:
    return Spread(mean=tokens, p50=tokens, p90=tokens, p99=tokens)


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    market = Market()
    say("one fixed chip, three traffics")
    found = cases(market)
    say("searching for the long answers")
    best = explore(
        traffic((1.0, LONG_ANSWERS)), seed=chosen.seed, **({"population": 32, "generations": 8} if chosen.quick else {})
    )
    chip = build(decode_chip(market), market)
    publish(
        {
            "mark": "modelled; prices of bought chips and memory are assumed",
            "model": MODEL,
            "tokens": {"long_answers": LONG_ANSWERS, "long_prompts": LONG_PROMPTS},
            "decode_chip": {
                "bandwidth_tb_per_s": float(chip.bandwidth_gb_per_s[0]) / 1000,
                "memory_gb": float(chip.memory_gb[0]),
                "bf16_tflops": float(chip.peaks.bf16[0]) / 1e12,
                "rated_w": float(chip.chips.max_w[0]),
            },
            "cases": [one.told() for one in found],
            "memory_price_at_which_it_turns": turning_memory_price(market),
            "memory_price_at_which_it_turns_by_tokens": {
                f"{given} in, {made} out": turning_memory_price(market, (given, made)) for given, made in OTHER_ANSWERS
            },
            "share_of_long_prompts_at_which_it_turns": turning_prompt_share(market),
            "searched": {
                "usd_per_mtok": best.chosen.usd_per_mtok,
                "ratio": best.ratio,
                "node": best.chosen.node,
                "memory": best.chosen.memory,
                "stacks": best.chosen.stacks,
                "bf16_tflops": best.chosen.bf16_tflops,
                "bandwidth_tb_per_s": best.chosen.bandwidth_gb_per_s / 1000,
            },
        },
        as_json=chosen.json,
    )


if __name__ == "__main__":
    main()
