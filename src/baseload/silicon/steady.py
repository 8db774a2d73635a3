"""Steady state of an engine: time per output token, time to first token, tokens a second. Arrays broadcast.

    TPOT = step(running, mean context) + share · ((n − 1) / output) · P
    TTFT = front + P · slowness · (1 + ahead) + waiting
    ahead = (n − 1) / 2 · (bunched + (1 − bunched) · P / (P + D))

n is the sequences of a chip group (data × pipeline of them share an engine), never less than one; P a prompt alone, D
an answer's decode. `share` is the part of newcomers' prompts that running sequences wait for: 1 when requests never
pause.
Clients that start together and ask for answers of one length stay bunched, so a prompt waits for half of the others;
clients out of step meet only those that happen to be in prefill. Those that memory has no place for wait for an answer
to end. Percentiles and open loops are the simulator's (silicon/simulator).
"""

from collections.abc import Mapping

import numpy as np

from baseload.silicon.coefficients import Array, Number, step_s
from baseload.silicon.constants import Constants
from baseload.silicon.serving import Physics, coefficients, prefill_coefficients


def prompt_s(p: Physics, k: Constants, tokens: Number) -> Array:
    """Seconds of a prompt alone on one chip group; the other groups have as much to do meanwhile."""
    everywhere = np.asarray(tokens) * p.spread
    return step_s(
        prefill_coefficients(p, k),
        decoding=0.0,
        context_tokens=0.0,
        prefill_tokens=everywhere,
        prefill_pairs=everywhere * tokens / 2,
    )


def group_of(p: Physics, running: Number) -> Array:
    """Sequences of a chip group."""
    return np.maximum(np.asarray(running) / p.spread, 1.0)


def tpot_s(
    p: Physics,
    k: Constants,
    *,
    running: Number,
    input_tokens: Number,
    prefilled_tokens: Number,
    output_tokens: Number,
    share: Number,
) -> Array:
    """Seconds per output token with so many sequences running in an engine."""
    n = group_of(p, running)
    context = np.asarray(input_tokens) + np.asarray(output_tokens) / 2
    step = step_s(coefficients(p, k), decoding=n * p.spread, context_tokens=n * p.spread * context)
    newcomers = (n - 1.0) / np.maximum(output_tokens, 1.0) * prompt_s(p, k, prefilled_tokens)
    return np.asarray(step + share * newcomers)


def ttft_s(made: Mapping[str, Array], *, prompt: Array, decode: Array, together: Number, waiting: Number) -> Array:
    """Seconds to the first token; `made` has front_s, slowness and bunched, `together` is n, `waiting` in answers."""
    alone = prompt * made["slowness"]
    others = np.maximum(np.asarray(together) - 1.0, 0.0) / 2
    bunched = np.minimum(made["bunched"], 1.0)
    ahead = others * (bunched + (1.0 - bunched) * alone / (alone + decode))
    return np.asarray(made["front_s"] + alone * (1.0 + ahead) + waiting * decode)


def tokens_per_s(
    *, running: Number, held_first: Array, tpot: Array, output_tokens: Number, prompt: Array, spread: Number
) -> Array:
    """Output tokens a second of an engine by Little's law, no more than its prompts leave room for.

    `running` requests are each held for `held_first` (a first token, without the wait for a place) and the tokens after
    it; `spread` chip groups prefill at once.
    """
    held = held_first + np.maximum(np.asarray(output_tokens) - 1.0, 0.0) * tpot
    return np.minimum(np.asarray(running) * output_tokens / held, spread * np.asarray(output_tokens) / prompt)
