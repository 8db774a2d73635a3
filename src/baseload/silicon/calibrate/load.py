"""Every other figure: offline and served throughput, latencies under a stated rate. A base, times a learned gain.

Offline an engine runs as many sequences as memory and its limit allow: rate = running / TPOT(running). Under a rate
that it can serve, what comes out is what is asked for, and Little's law gives the sequences that run meanwhile.
"""

from collections.abc import Mapping

import numpy as np

from baseload.silicon import steady
from baseload.silicon.calibrate.decode import tpot_s
from baseload.silicon.calibrate.first import ttft_s
from baseload.silicon.calibrate.hierarchy import Model
from baseload.silicon.calibrate.table import DEFAULT_LIMIT, Table
from baseload.silicon.coefficients import Array
from baseload.silicon.constants import Constants

GRID = np.geomspace(1.0, 4096.0, 49)


def full(t: Table) -> Array:
    """Sequences an engine runs at once when there are always more."""
    limited = np.array([o.limit is not None for o in t.observations])
    asked = np.where(np.isnan(t.concurrency), DEFAULT_LIMIT * t.physics.spread, t.concurrency / t.replicas)
    return np.minimum(t.most_running, np.where(limited, np.inf, asked))


def tokens_per_s(t: Table, k: Constants, sequences: Array) -> Array:
    """Output tokens/s of all engines; static batches wait for their prefill first."""
    each = sequences / tpot_s(t, k, sequences)
    prompts = steady.prompt_s(t.physics, k, t.prefilled_tokens * steady.group_of(t.physics, sequences))
    batch = prompts + t.output_tokens * tpot_s(t, k, sequences)
    return t.replicas * np.where(t.static > 0, sequences * t.output_tokens / batch, each)


def running_at(t: Table, k: Constants) -> Array:
    """Sequences in an engine at the stated rate, by Little's law on a grid; as many as fit where none is stated."""
    most = full(t)
    wanted = t.rate_per_s / t.replicas
    served = np.stack([b / (t.output_tokens * tpot_s(t, k, np.minimum(b, most))) for b in GRID])
    enough = np.argmax(served >= wanted[None, :], axis=0)
    found = np.where((served >= wanted[None, :]).any(axis=0), GRID[enough], most)
    return np.where(np.isnan(wanted), most, np.minimum(found, most))


def base(t: Table, k: Constants, first: Mapping[str, Array]) -> Array:
    """The figure of each row before its gain, in the row's unit."""
    most = full(t)
    capacity = tokens_per_s(t, k, most)
    asked = np.where(np.isnan(t.rate_per_s), capacity, np.minimum(t.rate_per_s * t.output_tokens, 2 * capacity))
    sequences = np.where(t.static > 0, most, running_at(t, k))
    tpot, ttft = tpot_s(t, k, sequences), ttft_s(t, k, first, np.where(t.static > 0, sequences, 1.0))
    figures = {
        "tok/s total": asked,
        "tok/s/gpu": asked / t.chips,
        "samples/s": asked / t.output_tokens,
        "tpot_ms": tpot * 1e3,
        "ttft_ms": ttft * 1e3,
        "e2e_s": ttft + t.output_tokens * tpot,
    }
    return np.array([figures[o.metric][i] for i, o in enumerate(t.observations)])


def case(t: Table) -> list[str]:
    """What kind of figure each row is: those that are off in the same way."""
    return [
        " ".join(
            (
                o.metric if o.metric.endswith(("_ms", "_s")) else "rate",
                o.kind,
                _statistic(o.statistic),
                _asked(o.rate_per_s),
                o.suite,
            )
        )
        for o in t.observations
    ]


def log_gain(t: Table, k: Constants, first: Mapping[str, Array]) -> Model:
    """The model of a fit: the base, moved by one constant."""
    at = np.log(base(t, k, first))

    def of(made: Mapping[str, Array]) -> Array:
        return at + np.log(made["gain"])

    return of


def _statistic(text: str) -> str:
    return text if text in ("p95", "p99") else "mean"


def _asked(rate_per_s: float | None) -> str:
    return "at a rate" if rate_per_s is not None else "as much as it can"
