"""The step time of `coefficients.step_s`, compiled, and the sum of many decode steps together."""

import math
from typing import Any

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.series import beside, series

Single = Any
"""`Coefficients` whose fields are plain floats; its own type says that they may be arrays."""


@compiled
def bound(c: Single, decoding: int, prefill_tokens: int) -> tuple[float, float, float]:
    """(weights, compute, network and host) in seconds: all of a step that no context enters."""
    tokens = decoding + prefill_tokens
    hit = 0.0
    if c.experts > 0:
        hit = 1.0 - max(1.0 - c.experts_per_token / c.experts, 0.0) ** tokens
    compute = c.compute_s * tokens + c.tile_s * hit
    rest = c.network_s + c.network_token_s * tokens + c.fixed_s + c.sequence_s * decoding
    return c.weights_s + c.experts_s * hit, compute, rest


@compiled
def step(
    c: Single, decoding: int, context_tokens: float, prefill_tokens: int, prefill_pairs: float
) -> tuple[float, float, float]:
    """(step, arithmetic, memory traffic) in seconds. The first is `coefficients.step_s`."""
    weights, compute, rest = bound(c, decoding, prefill_tokens)
    read = c.kv_s * context_tokens + c.state_s * decoding
    if decoding > 0:
        read += c.window_kv_s * min(context_tokens, decoding * c.window_tokens)
    prefill = c.attention_s * prefill_pairs
    chip = math.hypot(weights, compute) + read + prefill + rest
    return beside(chip, c.launch_s), compute + prefill, weights + read


@compiled
def run(c: Single, decoding: int, context_tokens: float, steps: int) -> tuple[float, float, float]:
    """As `step`, for so many decode steps of an unchanged batch; `context_tokens` is the first step's.

    Each step the batch's context grows by a token a sequence, so that what a step reads is an arithmetic series: up to
    the step at which the mean context fills the sliding window with one slope, from there with another.
    """
    b, n = float(decoding), float(steps)
    weights, compute, rest = bound(c, decoding, 0)
    each = math.hypot(weights, compute) + rest
    open_steps = n
    if c.window_kv_s > 0:
        open_steps = min(n, max(0.0, math.ceil((b * c.window_tokens - context_tokens) / b)))
    first = c.state_s * b + (c.kv_s + c.window_kv_s) * context_tokens
    time_s, read_s = series(first, (c.kv_s + c.window_kv_s) * b, open_steps, each, c.launch_s)
    if open_steps < n:
        first = c.state_s * b + c.kv_s * (context_tokens + b * open_steps) + c.window_kv_s * b * c.window_tokens
        more_s, more_read_s = series(first, c.kv_s * b, n - open_steps, each, c.launch_s)
        time_s += more_s
        read_s += more_read_s
    return time_s, n * compute, n * weights + read_s


@compiled
def steps_until(c: Single, decoding: int, context_tokens: float, gap_s: float, most: int) -> int:
    """The fewest decode steps, of 1 to `most`, that take `gap_s` or longer; `most` when none do.

    No step is shorter than the one before, so the first and the last bound the number, mostly to one or two.
    """
    first_s = step(c, decoding, context_tokens, 0, 0.0)[0]
    if first_s * most > gap_s:
        most = min(most, int(gap_s / first_s) + 1)
    last_s = step(c, decoding, context_tokens + decoding * (most - 1.0), 0, 0.0)[0]
    low, high = 1, most
    if last_s * most > gap_s:
        low = max(1, int(gap_s / last_s) - 1)
    while low < high:
        middle = (low + high) // 2
        if run(c, decoding, context_tokens, middle)[0] >= gap_s:
            high = middle
        else:
            low = middle + 1
    return low
