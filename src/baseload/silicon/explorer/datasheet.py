"""`silicon`'s step-time model in datasheet mode for any chip: what a chip of one byte and one FLOP a second would take,
divided by what a chip really has.

Every term of `Physics` is in inverse proportion to one rate of the chip, so one evaluation prices them all.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from baseload.catalog import model as catalogue_model
from baseload.silicon.calibrate.beliefs import EFFECTS
from baseload.silicon.calibrate.store import shipped
from baseload.silicon.coefficients import Array, Coefficients
from baseload.silicon.constants import NAMES, Constants
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.steptime import Load
from baseload.silicon.hardware import Hardware
from baseload.silicon.plan import USABLE, WORKSPACE_BYTES, Plan, memory
from baseload.silicon.serving import Physics, Served, coefficients, physics, prefill_coefficients
from baseload.silicon.shape import shape_of

PRECISION = "fp8"
"""What decode is served in today; the shift to four bits is one of the shifts."""
FAMILY = "vllm"
"""The engine that is ported to new chips first; it keeps the cache in 16 bits unless told otherwise."""
UNIT = Hardware(
    name="one byte and one FLOP a second",
    flops_per_s={"bf16": 1.0, "fp8": 1.0},
    bandwidth_bytes_per_s=1.0,
    memory_bytes=0.0,
    link_bytes_per_s=1.0,
    domain=1 << 20,
)
BY_BANDWIDTH = ("weights_s", "experts_s", "kv_s", "window_kv_s", "state_s")
BY_RATE = ("compute_s", "expert_compute_s")
BY_WIDE_RATE = ("score_s", "window_score_s", "attention_s")
BY_LINK = ("reduce_token_s",)


class Unit(NamedTuple):
    """The unit chip's physics and memory for each replica size, fields of shape (replicas, 1)."""

    physics: Physics
    weight_bytes: Array
    token_bytes: Array
    sequence_bytes: Array
    active_params: float


def datasheet(chips: Chips, model: str, replicas: Array) -> Load:
    """The `StepTime` that `explore` uses unless given another: tensor-parallel replicas, FP8, central constants."""
    unit = _unit(model, tuple(int(n) for n in replicas))
    constants = common_constants()
    scaled = _scaled(unit.physics, chips)
    room = chips.memory_bytes[:, None, None] * USABLE - WORKSPACE_BYTES
    return Load(
        decode=_shaped(coefficients(scaled, constants)),
        prefill=_shaped(prefill_coefficients(scaled, constants)),
        weight_bytes=unit.weight_bytes,
        room_bytes=np.asarray(room),
        token_bytes=unit.token_bytes,
        sequence_bytes=unit.sequence_bytes,
        active_params=unit.active_params,
        interference=constants.interference,
    )


@cache
def common_constants() -> Constants:
    """What the shipped calibration says of a chip that nobody has measured, under this engine in this precision.

    Bought chips get the same, though some were measured: a design is compared by what it is, not by who tuned for it.
    """
    known = {"precision": PRECISION, "family": FAMILY}
    labels = {effect: [known.get(effect, "")] for effect in EFFECTS}
    found = shipped().constants(labels)
    return Constants(**{name: float(np.ravel(getattr(found, name))[0]) for name in NAMES})


def _scaled(unit: Physics, chips: Chips) -> Physics:
    """The unit chip's seconds over these chips' rates; fields of shape (chips, replicas, 1)."""
    rates = {
        BY_BANDWIDTH: chips.bandwidth_bytes_per_s,
        BY_RATE: chips.fp8_flops_per_s,
        BY_WIDE_RATE: chips.bf16_flops_per_s,
        BY_LINK: np.maximum(chips.link_bytes_per_s, 1.0),
    }
    fields = {name: getattr(unit, name) / rate[:, None, None] for names, rate in rates.items() for name in names}
    return unit._replace(**fields)


def _shaped(c: Coefficients) -> Coefficients:
    return Coefficients(*(np.asarray(value, dtype=float) for value in c))


@cache
def _unit(model: str, replicas: tuple[int, ...]) -> Unit:
    shape = shape_of(catalogue_model(model).architecture)
    plans = [Plan(tensor=n) for n in replicas]
    each = [
        physics(Served(hardware=UNIT, shape=shape, plan=plan, precision=PRECISION, family=FAMILY)) for plan in plans
    ]
    held = [memory(UNIT, shape, plan, PRECISION, FAMILY) for plan in plans]
    return Unit(
        physics=Physics(*(_column(values) for values in zip(*each, strict=True))),
        weight_bytes=_column([one.weight_bytes_per_chip for one in held]),
        token_bytes=_column([one.kv_bytes_per_token_per_chip for one in held]),
        sequence_bytes=_column([one.state_bytes_per_sequence_per_chip for one in held]),
        active_params=shape.active_params,
    )


def _column(values: object) -> Array:
    return np.asarray(values, dtype=float)[:, None]
