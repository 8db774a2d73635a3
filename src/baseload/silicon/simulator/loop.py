"""The event loop: one event per engine step, and one for many steps in which nothing changes but the contexts."""

import math
from collections.abc import Callable

from baseload.silicon.simulator.compiled import compiled, fingerprint, kept
from baseload.silicon.simulator.engine import Limits
from baseload.silicon.simulator.heap import push, remove
from baseload.silicon.simulator.kv import take
from baseload.silicon.simulator.queues import enter_running, wait
from baseload.silicon.simulator.records import Kind, Status, Tables
from baseload.silicon.simulator.schedule import leave_batch, schedule, tell
from baseload.silicon.simulator.step import Single, run, step, steps_until
from baseload.silicon.simulator.timeline import spend

WAITING, COMPLETED = int(Status.WAITING), int(Status.COMPLETED)
FIRST_TOKEN, DONE, REFUSED = int(Kind.FIRST_TOKEN), int(Kind.COMPLETED), int(Kind.REFUSED)
REACHED, FULL = 0, 1
"""Why the loop returned: it came as far as asked, or to its end; there is no room for more events."""


@compiled
def next_due_s(limits: Limits, t: Tables) -> float:
    """When the next request queues; infinite when none is to come."""
    s = t.clock[0]
    due = t.requests[s.coming].arrival_s + limits.front_end_s if s.coming < s.alone else math.inf
    return min(due, t.due[0].key) if s.due > 0 else due


@compiled
def send(limits: Limits, t: Tables, time_s: float) -> None:
    """A closed loop's client, whose request has ended for it, sends the next one, if there is one left."""
    s = t.clock[0]
    if s.alone <= s.sent < s.offered:
        t.requests[s.sent].arrival_s = time_s
        push(t.due, t.requests, s.due, time_s + limits.front_end_s, s.sent)
        s.due += 1
        s.sent += 1


@compiled
def spare(limits: Limits, t: Tables) -> bool:
    """Whether there is room for all events that a step can bring: four for each place in the batch."""
    return bool(t.events.shape[0] == 0 or t.events.shape[0] - t.clock[0].events > 4 * limits.max_sequences)


@compiled
def arrive(limits: Limits, t: Tables) -> None:
    """Everybody whose time has come queues, or is refused: at that time, however late it is noticed."""
    s = t.clock[0]
    due_s = next_due_s(limits, t)
    while due_s <= s.now_s and spare(limits, t):
        if s.due > 0 and t.due[0].key == due_s:
            i = int(t.due[0].request)
            remove(t.due, t.requests, s.due, 0)
            s.due -= 1
        else:
            i = int(s.coming)
            s.coming += 1
        r = t.requests[i]
        if r.status > COMPLETED:
            r.ended_s = due_s
            s.ended += 1
            tell(t, i, REFUSED, due_s)
            send(limits, t, due_s + limits.after_s)
        else:
            r.status = WAITING
            wait(t, i)
        due_s = next_due_s(limits, t)


@compiled
def finish(limits: Limits, t: Tables, i: int) -> None:
    """The last token of a request whose blocks are given back."""
    s, r = t.clock[0], t.requests[i]
    r.status = COMPLETED
    r.emitted = r.output
    r.ended_s = s.now_s
    s.ended += 1
    tell(t, i, DONE, s.now_s)
    send(limits, t, s.now_s + limits.after_s + limits.per_token_s * r.output)


@compiled
def join(limits: Limits, t: Tables, i: int) -> None:
    """A prompt is read: its first token is there, and it decodes from the next step on."""
    s, r = t.clock[0], t.requests[i]
    r.emitted += 1
    r.joined = s.step
    if math.isnan(r.first_s):
        r.first_s = s.now_s
        tell(t, i, FIRST_TOKEN, s.now_s)
    push(t.ends, t.requests, s.decoding, float(s.step + r.output - r.emitted), i)
    s.decoding += 1
    s.context += r.tokens + 1
    t.crossing[(r.joined - r.tokens) % limits.block_tokens] += 1
    enter_running(t, i)


@compiled
def roomy(limits: Limits, t: Tables, most: int) -> int:
    """Steps, up to `most`, after the one whose blocks are taken, for which there are blocks without a preemption."""
    s = t.clock[0]
    left = s.free + s.evictable
    cycles = left // s.decoding
    left -= cycles * s.decoding
    steps = cycles * limits.block_tokens
    while steps < most:
        left -= t.crossing[(s.grown + steps) % limits.block_tokens]
        if left < 0:
            break
        steps += 1
    return int(min(steps, most))


@compiled
def stride(c: Single, limits: Limits, t: Tables, until_s: float, until_step: int) -> int:
    """How many steps from here differ by their contexts only; takes the blocks of those after the first."""
    s = t.clock[0]
    most = min(int(t.ends[0].key), until_step) - s.step
    most = 1 + roomy(limits, t, most - 1)
    stop_s = until_s
    if s.decoding < limits.max_sequences or s.alone < s.offered:
        # With every place taken, who comes waits for an end in any case. Not so one whom a closed loop's client sent:
        # if it is refused, the client takes the next request, and who takes which depends on the order.
        stop_s = min(stop_s, next_due_s(limits, t))
    if most > 1 and stop_s < math.inf:
        most = steps_until(c, s.decoding, s.context, stop_s - s.now_s, most)
    blocks = (most - 1) // limits.block_tokens * s.decoding
    for k in range((most - 1) % limits.block_tokens):
        blocks += t.crossing[(s.grown + k) % limits.block_tokens]
    take(t, blocks)
    s.grown += most - 1
    return int(most)


@compiled
def turn(c: Single, prefill: Single, limits: Limits, t: Tables, until_s: float, until_step: int) -> None:
    """One step, or many alike. Steps that are mostly prompt have coefficients of their own."""
    s = t.clock[0]
    tokens, pairs, calm = schedule(limits, t)
    decoding, running = s.decoding, s.decoding + s.fresh + (s.partial >= 0)
    used = limits.blocks - s.free - s.evictable
    steps, prompt = 1, tokens > decoding
    if tokens == 0 and calm and limits.leaps > 0:
        steps = stride(c, limits, t, until_s, until_step)
        time_s, compute_s, memory_s = run(c, decoding, s.context, steps)
    else:
        time_s, compute_s, memory_s = step(prefill if prompt else c, decoding, s.context, tokens, pairs)
    at_end = limits.blocks - s.free - s.evictable
    s.peak_blocks = max(s.peak_blocks, at_end)
    spend(t, time_s, compute_s, memory_s, prompt, (used + at_end) / 2.0, running)
    s.step += steps
    s.turns += 1
    s.context += steps * decoding
    for k in range(s.fresh):
        join(limits, t, t.fresh[k])
    while s.decoding > 0 and t.ends[0].key <= s.step:
        i = int(t.ends[0].request)
        leave_batch(limits, t, i)
        finish(limits, t, i)


@compiled
def go_on(c: Single, prefill: Single, limits: Limits, t: Tables, until_s: float, until_step: int) -> int:
    """Go on until a time or a number of steps, whichever is first. A step that has begun is finished."""
    s = t.clock[0]
    while s.now_s < until_s and s.step < until_step:
        arrive(limits, t)
        if not spare(limits, t):
            return FULL
        if s.decoding > 0 or s.partial >= 0 or s.waiting > 0:
            turn(c, prefill, limits, t, until_s, until_step)
            continue
        stop_s = min(next_due_s(limits, t), until_s)
        if stop_s == math.inf:
            break
        spend(t, stop_s - s.now_s, 0.0, 0.0, False, 0.0, 0.0)
        s.now_s = stop_s
    return REACHED


Loop = Callable[[Single, Single, Limits, Tables, float, int], int]


def _kept(sources: int) -> Loop:
    """`go_on`, kept on disk. What it closes over is part of its key there, so that it is as old as all its sources."""

    @kept
    def proceed(c: Single, prefill: Single, limits: Limits, t: Tables, until_s: float, until_step: int) -> int:
        return go_on(c, prefill, limits, t, until_s, until_step) if sources > 0 else FULL

    return proceed


proceed = _kept(fingerprint())
