"""Traffic and scenes that the explorer's tests share."""

from functools import cache

from baseload.config.traffic import Slo, Spread, Traffic, TrafficClass
from baseload.silicon.explorer import Market, set_scene
from baseload.silicon.explorer.genome import Genome, design
from baseload.silicon.explorer.scene import Scene

MARKET = Market()


def spread(tokens: float) -> Spread:
    return Spread(mean=tokens, p50=tokens, p90=tokens, p99=tokens)


def one_class(
    given: float = 1024, made: float = 2048, *, tpot_ms: float | None = 50, model: str = "Llama-3.1-70B"
) -> TrafficClass:
    slo = Slo(ttft_ms=3000, tpot_ms=tpot_ms) if tpot_ms else None
    return TrafficClass(
        model=model, tier="external", share=1.0, input_tokens=spread(given), output_tokens=spread(made), slo=slo
    )


def mix(*classes: TrafficClass) -> Traffic:
    return Traffic(name="a test", kind="assumed", requests_per_s=100.0, classes=classes or (one_class(),))


@cache
def scene(given: float = 1024, made: float = 2048) -> Scene:
    return set_scene(mix(one_class(given, made)), MARKET)


def chip(**chosen: object) -> Genome:
    """A buildable design, changed where a test says so."""
    usual: dict[str, object] = {
        "compute_mm2": 600, "sram_mb": 64, "memory": "hbm4", "stacks": 8, "node": "n3", "chiplets": 2,
        "link_gb_per_s": 600, "programmable": 0.3,
    }  # fmt: skip
    return design(MARKET.technology, **{**usual, **chosen})  # type: ignore[arg-type]
