"""How much of a chip's peaks the phases of serving use: from the physics of a setup and what its steps take."""

from collections.abc import Sequence
from dataclasses import dataclass

from baseload.silicon.coefficients import step_s
from baseload.silicon.constants import Constants
from baseload.silicon.power.draw import PowerConstants, watts
from baseload.silicon.serving import Physics, coefficients, prefill_coefficients


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of time in which the chip does one kind of work. Shares of the datasheet's peaks."""

    seconds: float
    compute_share: float
    bandwidth_share: float


def decoding(p: Physics, k: Constants, sequences: float, context_tokens: float, steps: float = 1.0) -> Phase:
    """Steps of so many sequences, each with so much context. Experts are all taken as hit, windows as full."""
    total = sequences * context_tokens
    seconds = float(step_s(coefficients(p, k), decoding=sequences, context_tokens=total))
    cache_s = p.kv_s * total + p.window_kv_s * sequences * min(context_tokens, float(p.window_tokens))
    reading_s = float(p.weights_s + p.experts_s + cache_s + p.state_s * sequences)
    return Phase(
        seconds=steps * seconds,
        compute_share=min(1.0, float(p.compute_s) * sequences / seconds),
        bandwidth_share=min(1.0, reading_s / seconds),
    )


def prompting(p: Physics, k: Constants, sequences: float, input_tokens: float) -> Phase:
    """All prompts of a batch, one after another or together."""
    tokens, pairs = sequences * input_tokens, sequences * input_tokens**2 / 2.0
    made = prefill_coefficients(p, k)
    seconds = float(step_s(made, decoding=0.0, context_tokens=0.0, prefill_tokens=tokens, prefill_pairs=pairs))
    return Phase(
        seconds=seconds,
        compute_share=min(1.0, float(p.compute_s * tokens + p.attention_s * pairs) / seconds),
        bandwidth_share=min(1.0, float(p.weights_s + p.experts_s) / seconds),
    )


def mean_watts(idle_w: float, max_w: float, phases: Sequence[Phase], constants: PowerConstants | None = None) -> float:
    """Watts of one chip, averaged over phases by the time they take."""
    total = sum(phase.seconds for phase in phases)
    drawn = [
        phase.seconds * float(watts(idle_w, max_w, phase.compute_share, phase.bandwidth_share, constants))
        for phase in phases
    ]
    return sum(drawn) / total
