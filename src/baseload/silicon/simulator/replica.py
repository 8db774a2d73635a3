"""From a setup of catalogue names to what the simulator takes: a replica's coefficients, cache and front end."""

import math
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
from baseload.silicon.simulator.load import Load
from baseload.silicon.simulator.result import Result
from baseload.silicon.simulator.run import simulate
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
    front_s = _one(c.first.constants(first_belief(), labels)["front_s"]) * _one(np.exp(c.first.offset(labels)))
    sequences, kv_tokens = _cache(setup, context_tokens, min(max_sequences, max_batched_tokens))
    return Replica(
        coefficients=_slower(coefficients(p, k), _slowness(setup, c)),
        prefill=_slower(prefill_coefficients(p, k), _prompt_slowness(setup, c)),
        engine=Engine(
            kv_tokens=kv_tokens,
            max_sequences=sequences,
            max_batched_tokens=max_batched_tokens,
            front_end_s=front_s,
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
        most = max(1, int(min(float(m.sequences(context_tokens, setup.served.plan)), most)))
    if each == 0:
        return most, UNBOUNDED
    return most, max(block, int(m.kv_tokens - most * state / each))


def replica_watts(setup: Setup, made: Calibration | None = None) -> Watts | None:
    """Of all chips of the replica; None where the catalogue has no watts of the chip.

    The constants of silicon/power are of shares of the datasheet's peaks; a step's seconds of arithmetic and of traffic
    become those by what the engine reaches and by how much slower the calibration found it. Cache is taken to be read
    as fast as weights are.
    """
    c, entry, drawn = made or shipped(), chip_entry(setup.chip), power_constants()
    if entry.idle_w is None or entry.max_w is None:
        return None
    k, slow, prompt_slow = constants(setup, c), _slowness(setup, c), _prompt_slowness(setup, c)
    idle_w, max_w = entry.idle_w.value * setup.chips, entry.max_w.value * setup.chips
    above_idle_w = max_w - idle_w

    def full(constant: float, reached: float) -> float:
        """Watts above idle in a step that is all this work: the datasheet's peak is used as far as it is reached."""
        return above_idle_w * constant * math.sqrt(min(1.0, reached))

    return Watts(
        idle_w=idle_w,
        max_w=max_w,
        compute_w=full(drawn.compute, k.decode_math / slow),
        memory_w=full(drawn.bandwidth, k.weight_bandwidth / slow),
        prompt_compute_w=full(drawn.compute, k.prefill_math / prompt_slow),
        prompt_memory_w=full(drawn.bandwidth, k.weight_bandwidth / prompt_slow),
    )


def simulate_setup(setup: Setup, load: Load, *, max_sequences: int = 256, max_batched_tokens: int = 8192) -> Result:
    """Serve a load on a setup's one engine, by the shipped calibration, with its watts: `simulate` for names.

    Times in seconds or, in percentiles, milliseconds; energy in joules; all modelled. Raises `Unsupported` when the
    setup is several engines and `SetupError` for bounds that make no sense.
    """
    made = replica_of(
        setup,
        context_tokens=float(np.mean(load.input_tokens + load.output_tokens / 2)) if len(load) else 1.0,
        max_sequences=max_sequences,
        max_batched_tokens=max_batched_tokens,
    )
    return simulate(made.coefficients, made.engine, load, replica_watts(setup), prefill=made.prefill)


def _slowness(setup: Setup, c: Calibration) -> float:
    """How much longer than its constants say a decode step takes."""
    return _one(np.exp(c.decode.offset(setup.labels())))


def _prompt_slowness(setup: Setup, c: Calibration) -> float:
    labels = setup.labels()
    first = c.first.constants(first_belief(), labels)
    return _one(first["slowness"]) * _one(np.exp(c.first.offset(labels)))
