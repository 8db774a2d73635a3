"""From a setup of catalogue names to what the simulator takes: a replica's coefficients, cache and front end."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from baseload.catalog import chip as chip_entry
from baseload.errors import Unsupported
from baseload.silicon.calibrate.beliefs import first_belief
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.store import shipped
from baseload.silicon.coefficients import Coefficients
from baseload.silicon.power.draw import shipped as power_constants
from baseload.silicon.prediction import constants
from baseload.silicon.serving import coefficients, physics, prefill_coefficients
from baseload.silicon.setup import Setup
from baseload.silicon.simulator.engine import UNBOUNDED, Engine
from baseload.silicon.simulator.watts import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One engine: steps that mostly decode, steps that are mostly prompt, and the scheduler's bounds."""

    coefficients: Coefficients
    prefill: Coefficients
    engine: Engine


def replica_of(
    setup: Setup,
    *,
    context_tokens: float,
    max_sequences: int = 256,
    max_batched_tokens: int = 8192,
    made: Calibration | None = None,
) -> Replica:
    """A setup's one engine, by the shipped calibration or another.

    Decode steps take what `predict` says of them. Prompts take its time alone, the calibrated slowness of first tokens
    in it, and the calibrated front end before they queue. `context_tokens` is a request's mean context: constant states
    (state space, linear attention, windows that forget) leave less for the cache. Unsupported when the setup is several
    engines.
    """
    if setup.replicas > 1:
        chips = setup.served.plan.chips
        raise Unsupported(
            f"{setup.chips} chips are {setup.replicas} engines; the simulator runs one: ask for {chips} chips and "
            f"1/{setup.replicas} of the load"
        )
    c, labels = made or shipped(), setup.labels()
    p, k = physics(setup.served), constants(setup, c)
    first = {name: _one(value) for name, value in c.first.constants(first_belief(), labels).items()}
    by_first = _one(np.exp(c.first.offset(labels)))
    sequences, kv_tokens = _cache(setup, context_tokens, min(max_sequences, max_batched_tokens))
    return Replica(
        coefficients=_slower(coefficients(p, k), _one(np.exp(c.decode.offset(labels)))),
        prefill=_slower(prefill_coefficients(p, k), first["slowness"] * by_first),
        engine=Engine(
            kv_tokens=kv_tokens,
            max_sequences=sequences,
            max_batched_tokens=max_batched_tokens,
            front_end_s=first["front_s"] * by_first,
        ),
    )


def _one(row: npt.NDArray[np.float64]) -> float:
    """The value of a single row."""
    return float(np.asarray(row).ravel()[0])


def _slower(c: Coefficients, factor: float) -> Coefficients:
    """All that is time, by a factor."""
    return c._replace(**{name: getattr(c, name) * factor for name in c._fields if name.endswith("_s")})


def _cache(setup: Setup, context_tokens: float, most: int) -> tuple[int, int]:
    """(sequences at once, tokens of cache beside their constant states)."""
    m, block = setup.memory, Engine().block_tokens
    state, each = m.state_bytes_per_sequence_per_chip, m.kv_bytes_per_token_per_chip
    if state > 0:
        most = max(1, int(min(m.sequences(context_tokens, setup.served.plan), most)))
    if each == 0:
        return most, UNBOUNDED
    return most, max(block, int(m.kv_tokens - most * state / each))


def replica_watts(setup: Setup, made: Calibration | None = None) -> Watts | None:
    """Of all chips of the replica; None where the catalogue has no watts of the chip.

    The power model bends with the root of the shares of peak (silicon/power); the simulator needs a line, which
    is drawn from idle to a step that is all arithmetic or all reading, so that half-used chips come out low.
    """
    entry, k, drawn = chip_entry(setup.chip), constants(setup, made), power_constants()
    if entry.idle_w is None or entry.max_w is None:
        return None
    above_idle = (entry.max_w.value - entry.idle_w.value) * setup.chips
    return Watts(
        idle_w=entry.idle_w.value * setup.chips,
        compute_w=above_idle * drawn.compute * k.decode_math**0.5,
        memory_w=above_idle * min(1.0, drawn.bandwidth * k.weight_bandwidth**0.5),
    )
