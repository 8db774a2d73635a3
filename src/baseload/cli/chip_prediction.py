"""A prediction as JSON and as lines of a table."""

from typing import Any

from baseload.silicon.estimate import Estimate
from baseload.silicon.power import Joules
from baseload.silicon.prediction import Prediction
from baseload.units import Mark

HEAD = ("chip", "tokens/s", "TPOT ms", "TTFT ms", "W per chip", "J per token", "bound by")
GB = 1e9


def told(made: Prediction) -> dict[str, Any]:
    """Stable keys; every figure is modelled, bands hold 80 %."""
    s = made.setup
    plan, memory = s.served.plan, s.memory
    return {
        "kind": Mark.MODELLED,
        "mode": made.mode,
        "chip": s.chip,
        "chips": s.chips,
        "model": s.model,
        "precision": s.served.precision,
        "engine": s.engine,
        "tensor_parallel": plan.tensor,
        "pipeline_parallel": plan.pipeline,
        "data_parallel": plan.data,
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


def lines(made: Prediction) -> list[tuple[str, str, str, str]]:
    """For a person."""
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
    ]


def cells(made: Prediction) -> tuple[str, ...]:
    """A line of a comparison."""
    return (
        made.setup.chip,
        f"{made.tokens_per_s.value:.4g}",
        f"{made.tpot_ms.value:.3g}",
        f"{made.ttft_ms.value:.3g}",
        f"{made.watts_per_chip.value:.0f}" if made.watts_per_chip else "–",
        f"{float(made.joules_per_token.chip_j):.3g}" if made.joules_per_token else "–",
        made.binds,
    )


def _figure(estimate: Estimate) -> tuple[str, str]:
    return f"{estimate.value:.4g}", f"{estimate.low:.3g} – {estimate.high:.3g}"
