"""How rows of measurements write parallelism, read into plans. What the text leaves open is assumed by stated rules.

- Worker counts of 0 in a disaggregated row were not stated: the row is left out.
- Without any text, an engine takes the fewest chips (a power of two) whose memory has room for weights and cache.
- `TPn DPattnn EPn·n`: the source multiplied tensor by data parallelism; n chips ran, attention data-parallel.
- Tensor parallelism beyond the chips on fast links, given as MoE-TP × EP, ran on one group of MoE-TP chips.
- Tensor parallelism that does not divide the heads, or above 16, stands for attention data parallelism (wide EP).
"""

import re
from dataclasses import dataclass

from baseload.silicon.hardware import Hardware
from baseload.silicon.left_out import LeftOut
from baseload.silicon.plan import Plan, memory
from baseload.silicon.shape import Shape

FULL = re.compile(r"TP(\d+)\s+PP(\d+)(?:\s+DPattn(\d+))?(?:\s+MoE-TP(\d+))?(?:\s+EP(\d+))?")
SHORT = re.compile(r"(DEP|TEP|TP)\s*(\d+)")
POOLS = re.compile(r"P:(\d+)x\((.*?)\)\s*D:(\d+)x\((.*?)\)")
CORES = re.compile(r"TP(\d+) \(NeuronCores of (?:one |)\S+ = (\d+) chips\)")
WIDEST_TENSOR = 16
ROOM = 0.3
"""Of memory left after weights, where nothing is stated."""


class Unclear(LeftOut):
    """A parallelism that cannot be read; the words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Engines: `replicas` of `decode`, and `prefill_replicas` of `prefill` where the phases have pools of their own."""

    decode: Plan
    replicas: int
    prefill: Plan | None = None
    prefill_replicas: int = 0


def layout_of(text: str, chips: int, shape: Shape, domain: int) -> Layout:
    """From a row's text and number of chips. Unclear when it says nothing that can be used."""
    pools = POOLS.match(text)
    if pools:
        return _pools(pools, shape, domain)
    if text.startswith("P:"):
        raise Unclear("disaggregated deployment that cannot be read")
    cores = CORES.match(text)
    if cores:
        tensor = _some(int(cores[2]))
        return Layout(decode=Plan(tensor=tensor), replicas=max(1, chips // tensor))
    if "LNC=" in text or text.startswith("one node"):
        return Layout(decode=Plan(tensor=chips), replicas=1)
    plan, counted = _plan(text, shape, domain)
    return Layout(decode=plan, replicas=max(1, chips // counted))


def unstated(chips: int, hardware: Hardware, shape: Shape, precision: str) -> Layout:
    """The fewest chips with room for weights and cache, as many engines as that makes.

    Models of experts with latent attention run attention data-parallel, as their makers' deployments do.
    """
    tensor = 1
    while tensor < chips:
        free = memory(hardware, shape, Plan(tensor=tensor), precision).free_bytes_per_chip
        if free >= ROOM * hardware.memory_bytes:
            break
        tensor *= 2
    plan = Plan(data=tensor) if shape.experts and shape.latent else Plan(tensor=tensor)
    return Layout(decode=plan, replicas=max(1, chips // tensor))


def _pools(found: re.Match[str], shape: Shape, domain: int) -> Layout:
    prefills, decodes = int(found[1]), int(found[3])
    if not prefills or not decodes:
        raise Unclear("disaggregated, number of workers not stated")
    return Layout(
        decode=_plan(found[4], shape, domain)[0],
        replicas=decodes,
        prefill=_plan(found[2], shape, domain)[0],
        prefill_replicas=prefills,
    )


def _plan(text: str, shape: Shape, domain: int) -> tuple[Plan, int]:
    """A plan, and how many chips the row counts for it."""
    full = FULL.search(text)
    if full:
        tensor, pipeline = _some(int(full[1])), _some(int(full[2]))
        data, moe, experts = max(1, int(full[3] or 1)), int(full[4] or 1), int(full[5] or 1)
        counted = tensor * pipeline * data
        if tensor > domain and experts > 1 and moe * experts == tensor and moe <= domain:
            tensor = moe
        elif data > 1 and tensor == data and moe * experts == tensor * data:
            tensor = 1
        elif data > domain and moe > 1 and moe * experts == data * tensor:
            tensor, data = 1, data // moe
        return _wide(Plan(tensor=tensor, pipeline=pipeline, data=data), shape), counted
    short = SHORT.match(text)
    if not short:
        raise Unclear(f"parallelism {text!r} cannot be read")
    width = _some(int(short[2]))
    plan = Plan(data=width) if short[1] == "DEP" else Plan(tensor=width)
    return _wide(plan, shape), width


def _some(count: int) -> int:
    """Chips or stages to divide by."""
    if not count:
        raise Unclear("parallelism over 0 chips")
    return count


def _wide(plan: Plan, shape: Shape) -> Plan:
    """Attention cannot be split over more chips than it has heads for."""
    if plan.tensor > WIDEST_TENSOR or (plan.tensor > 8 and shape.heads % plan.tensor):
        return Plan(tensor=1, pipeline=plan.pipeline, data=plan.data * plan.tensor)
    return plan
