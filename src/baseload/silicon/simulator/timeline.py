"""What went on when: a fixed number of slots of time, whose length doubles as time goes on."""

import math

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.records import Tables


@compiled
def _fold(t: Tables) -> None:
    """Join pairs of slots: half as many, each twice as long."""
    n = t.slots.shape[0]
    for k in range(n // 2):
        a, b = t.slots[2 * k], t.slots[2 * k + 1]
        t.slots[k].compute_root_s = a.compute_root_s + b.compute_root_s
        t.slots[k].memory_root_s = a.memory_root_s + b.memory_root_s
        t.slots[k].prompt_compute_root_s = a.prompt_compute_root_s + b.prompt_compute_root_s
        t.slots[k].prompt_memory_root_s = a.prompt_memory_root_s + b.prompt_memory_root_s
        t.slots[k].kv_block_s = a.kv_block_s + b.kv_block_s
        t.slots[k].sequence_s = a.sequence_s + b.sequence_s
    for k in range(n // 2, n):
        t.slots[k].compute_root_s = 0.0
        t.slots[k].memory_root_s = 0.0
        t.slots[k].prompt_compute_root_s = 0.0
        t.slots[k].prompt_memory_root_s = 0.0
        t.slots[k].kv_block_s = 0.0
        t.slots[k].sequence_s = 0.0
    t.clock[0].slot_s *= 2.0


@compiled
def spend(
    t: Tables, time_s: float, compute_s: float, memory_s: float, prompt: bool, kv_blocks: float, sequences: float
) -> None:
    """Let time pass, in even shares over the slots it touches. Blocks and sequences are means over that time.

    The roots of the shares are taken here, step by step: of a whole slot they would count its idle time as half-used.
    """
    s, n = t.clock[0], t.slots.shape[0]
    if time_s > 0.0:
        compute, memory = math.sqrt(compute_s / time_s), math.sqrt(memory_s / time_s)
    else:
        compute, memory = 0.0, 0.0
    now, end = s.now_s, s.now_s + time_s
    while end >= s.slot_s * n:
        _fold(t)
    last = min(int(end / s.slot_s), n - 1)
    at = min(int(now / s.slot_s), last)
    while now < end:
        until = end if at == last else min((at + 1) * s.slot_s, end)
        share = max(until - now, 0.0)
        slot = t.slots[at]
        if prompt:
            slot.prompt_compute_root_s += compute * share
            slot.prompt_memory_root_s += memory * share
        else:
            slot.compute_root_s += compute * share
            slot.memory_root_s += memory * share
        slot.kv_block_s += kv_blocks * share
        slot.sequence_s += sequences * share
        now = until
        at += 1
    s.now_s = end
