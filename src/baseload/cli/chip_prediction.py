"""A prediction as JSON and as lines of a table."""

from datetime import UTC, datetime
from typing import Any

from baseload.silicon.costing.per_token import PerToken
from baseload.silicon.dollars import dollars_per_mtok
from baseload.silicon.estimate import Estimate
from baseload.silicon.power import Joules
from baseload.silicon.prediction import Prediction
from baseload.units import Mark

HEAD = ("chip", "tokens/s", "TPOT ms", "TTFT ms", "W per chip", "J per token", "USD/Mtok", "bound by")
GB = 1e9
BASES = ("fully_loaded", "cash", "marginal")


def told(made: Prediction) -> dict[str, Any]:
    """Stable keys; every figure is modelled, bands hold 80 %."""
    dollars = dollars_per_mtok(made, datetime.now(UTC).date())
    s = made.setup
    plan, memory = s.served.plan, s.memory
    return {
        "mark": Mark.MODELLED,
        "mode": made.mode,
        "chip": s.chip,
        "chips": s.chips,
        "model": s.model,
        "precision": s.served.precision,
        "engine": s.engine,
        "tensor_parallel": plan.tensor,
        "pipeline_parallel": plan.pipeline,
        "data_parallel": plan.data,
        "expert_parallel": plan.expert,
        "replicas": s.replicas,
        "input_tokens": made.input_tokens,
        "output_tokens": made.output_tokens,
        "concurrency": made.concurrency,
        "running_per_replica": made.running,
        "tpot_ms": band(made.tpot_ms),
        "ttft_ms": band(made.ttft_ms),
        "output_tokens_per_s": band(made.tokens_per_s),
        "output_tokens_per_s_per_chip": made.tokens_per_s.value / s.chips,
        "watts_per_chip": None if made.watts_per_chip is None else band(made.watts_per_chip),
        "joules_per_output_token": None if made.joules_per_token is None else joules(made.joules_per_token),
        "usd_per_mtok": None if dollars is None else usd(dollars),
        "binds": made.binds,
        "step_ms": dict(made.step_ms),
        "compute_share": made.compute_share,
        "bandwidth_share": made.bandwidth_share,
        "weights_gb_per_chip": memory.weight_bytes_per_chip / GB,
        "kv_tokens_per_replica": memory.kv_tokens,
    }


def band(estimate: Estimate) -> dict[str, Any]:
    """A value with its 80 % band and mode."""
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high, "mode": estimate.mode}


def joules(made: Joules) -> dict[str, float]:
    """Of the chips, of their servers, at the site."""
    return {"chip": float(made.chip_j), "server": float(made.server_j), "site": float(made.site_j)}


def usd(cost: PerToken) -> dict[str, float]:
    """The three bases, and the parts that add up to the first."""
    bases = {"fully_loaded": cost.fully_loaded, "cash": cost.cash, "marginal": cost.marginal}
    return {name: float(value) for name, value in {**bases, **cost._asdict()}.items()}


def lines(made: Prediction) -> list[tuple[str, str, str, str]]:
    """For a person."""
    dollars = dollars_per_mtok(made, datetime.now(UTC).date())
    return [
        ("output", *_figure(made.tokens_per_s), "tokens/s"),
        ("time per output token", *_figure(made.tpot_ms), "ms"),
        ("time to first token", *_figure(made.ttft_ms), "ms"),
        *([("power of a chip", *_figure(made.watts_per_chip), "W")] if made.watts_per_chip else []),
        *(
            [("energy per output token, chips alone", f"{float(made.joules_per_token.chip_j):.3g}", "", "J")]
            if made.joules_per_token
            else []
        ),
        *(
            [(f"cost, {name.replace('_', ' ')}", f"{usd(dollars)[name]:.3g}", "", "USD/Mtok") for name in BASES]
            if dollars
            else []
        ),
    ]


def cells(made: Prediction) -> tuple[str, ...]:
    """A line of a comparison; dollars fully loaded."""
    dollars = dollars_per_mtok(made, datetime.now(UTC).date())
    return (
        made.setup.chip,
        f"{made.tokens_per_s.value:.4g}",
        f"{made.tpot_ms.value:.3g}",
        f"{made.ttft_ms.value:.3g}",
        f"{made.watts_per_chip.value:.0f}" if made.watts_per_chip else "–",
        f"{float(made.joules_per_token.chip_j):.3g}" if made.joules_per_token else "–",
        f"{float(dollars.fully_loaded):.3g}" if dollars else "–",
        made.binds,
    )


def _figure(estimate: Estimate) -> tuple[str, str]:
    return f"{estimate.value:.4g}", f"{estimate.low:.3g} – {estimate.high:.3g}"
