"""What goes into the next step: room for those that decode, the prompt under way, then whom the queue and cache allow.

Prefill is chunked: a step takes `max_batched_tokens`, decoding sequences first, one each; what is left goes to prompts
in order, so that at most one of them is ever cut. This is the order of vLLM's scheduler.
"""

import math

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.engine import Limits
from baseload.silicon.simulator.heap import remove
from baseload.silicon.simulator.kv import admit, held, release, room, take, trim
from baseload.silicon.simulator.queues import leave_queue, leave_running, next_waiting, victim, wait_first
from baseload.silicon.simulator.records import Kind, Status, Tables

WAITING, RUNNING = int(Status.WAITING), int(Status.RUNNING)
ADMITTED, PREEMPTED = int(Kind.ADMITTED), int(Kind.PREEMPTED)


@compiled
def tell(t: Tables, i: int, kind: int, time_s: float) -> None:
    """Note an event, if events are kept."""
    s = t.clock[0]
    if s.events < t.events.shape[0]:
        e = t.events[s.events]
        e.time_s, e.request, e.kind = time_s, i, kind
        s.events += 1


@compiled
def leave_batch(limits: Limits, t: Tables, i: int) -> None:
    """A decoding sequence is in the batch no more, and gives its blocks back."""
    s, r = t.clock[0], t.requests[i]
    remove(t.ends, t.requests, s.decoding, r.at)
    s.decoding -= 1
    s.context -= r.tokens + 1 + s.step - r.joined
    t.crossing[(r.joined - r.tokens) % limits.block_tokens] -= 1
    leave_running(t, i)
    release(limits, t, i)


@compiled
def preempt(limits: Limits, t: Tables, i: int) -> None:
    """A running request waits again. What it has given out stays given out; its KV cache is computed again."""
    s, r = t.clock[0], t.requests[i]
    if i == s.partial:
        release(limits, t, i)
        s.partial = -1
    else:
        leave_batch(limits, t, i)
        r.emitted += s.step - r.joined
    r.status = WAITING
    r.tokens = r.input + r.emitted
    r.done = 0
    r.preempted += 1
    s.preemptions += 1
    wait_first(t, i)
    tell(t, i, PREEMPTED, s.now_s)


@compiled
def grow(limits: Limits, t: Tables) -> bool:
    """Blocks for the tokens that decoding sequences write in this step. True when somebody had to go for them."""
    s = t.clock[0]
    went = False
    while t.crossing[s.step % limits.block_tokens] > s.free + s.evictable:
        i = victim(t)
        if s.decoding == 1 and s.partial < 0 and _trimmed(t, i):
            continue
        preempt(limits, t, i)
        went = True
    take(t, t.crossing[s.step % limits.block_tokens])
    s.grown = s.step + 1
    return went


@compiled
def _trimmed(t: Tables, i: int) -> bool:
    """Alone, a request needs no more of a prefix than it reads. True when that freed something."""
    r, before = t.requests[i], t.clock[0].free
    if r.prefix >= 0:
        trim(t, r.prefix, r.shared)
    return bool(t.clock[0].free > before)


@compiled
def displace(limits: Limits, t: Tables, i: int) -> bool:
    """Preempt requests of lower classes until a waiting one fits. Nobody goes when that would not be enough."""
    lacking = -room(limits, t, i)
    mine = t.requests[i].rank
    freed = 0
    for k in range(t.ranks.shape[0] - 1, mine, -1):
        j = t.ranks[k].last_running
        while j >= 0 and freed < lacking:
            freed += held(limits, t, j)
            j = t.requests[j].previous
    if freed < lacking:
        return False
    while room(limits, t, i) < 0:
        preempt(limits, t, victim(t))
    return True


@compiled
def chunk(t: Tables, i: int, budget: int) -> tuple[int, float]:
    """Prefill what the budget allows of a request: (tokens, sum of query tokens × the context each sees)."""
    s, r = t.clock[0], t.requests[i]
    tokens = min(budget, r.tokens - r.done)
    pairs = tokens * float(r.done) + tokens * (tokens + 1.0) / 2.0
    r.done += tokens
    if r.done == r.tokens:
        t.fresh[s.fresh] = i
        s.fresh += 1
        s.partial = -1
    else:
        s.partial = i
    return tokens, pairs


@compiled
def begin(limits: Limits, t: Tables, i: int) -> None:
    """From the queue into the batch."""
    s, r = t.clock[0], t.requests[i]
    leave_queue(t, i)
    r.status = RUNNING
    r.done = admit(limits, t, i)
    if math.isnan(r.admitted_s):
        r.admitted_s = s.now_s
        r.hit = min(r.done, r.input)
        s.hit_tokens += r.hit
        s.prompt_tokens += r.input
    else:
        s.recomputed_tokens += r.tokens - r.done
    tell(t, i, ADMITTED, s.now_s)


@compiled
def schedule(limits: Limits, t: Tables) -> tuple[int, float, bool]:
    """Fill a step: (prefill tokens, prefill pairs, whether the next step could differ only by decoding)."""
    s = t.clock[0]
    s.fresh = 0
    went = grow(limits, t)
    tokens, pairs = 0, 0.0
    budget = limits.max_batched_tokens - s.decoding
    if s.partial >= 0:
        tokens, pairs = chunk(t, s.partial, budget)
    # Nobody is let in at a step that drove somebody out: the same blocks would change hands to and fro.
    while not went and s.partial < 0 and tokens < budget and s.decoding + s.fresh < limits.max_sequences:
        i = next_waiting(t)
        if i < 0:
            break
        if room(limits, t, i) < 0:
            went = displace(limits, t, i)
            if not went:
                break
            budget = limits.max_batched_tokens - s.decoding
        begin(limits, t, i)
        n, more = chunk(t, i, budget - tokens)
        tokens += n
        pairs += more
    return tokens, pairs, not went
