"""Observations side by side: every quantity an array over rows, so that one call prices them all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baseload.silicon.calibrate.observation import Observation
from baseload.silicon.coefficients import Array
from baseload.silicon.plan import memory
from baseload.silicon.serving import Physics, physics

DEFAULT_LIMIT = 1024.0
"""Sequences at once that each chip group of an engine runs offline when nothing is stated.

Engines' defaults lie between 256 and 2,048.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of observations. `running` is sequences in an engine; `offered` those that its clients keep open."""

    observations: Sequence[Observation]
    physics: Physics
    prefill: Physics
    """Of the prefill pool; the same as `physics` where there is none."""
    replicas: Array
    prefill_replicas: Array
    chips: Array
    input_tokens: Array
    prefilled_tokens: Array
    output_tokens: Array
    concurrency: Array
    """Of all engines; NaN where the load is not stated so."""
    rate_per_s: Array
    most_running: Array
    """Sequences per engine that memory and the engine's own limit allow."""
    static: Array
    steady: Array
    """Whether requests never stop coming, so that every prefill falls into somebody's decode."""
    apart: Array
    """Whether prefill has chips of its own."""
    log_value: Array

    @property
    def labels(self) -> dict[str, list[str]]:
        rows = [o.labels() for o in self.observations]
        return {effect: [row[effect] for row in rows] for effect in rows[0]} if rows else {}

    def __len__(self) -> int:
        return len(self.observations)


def table(observations: Sequence[Observation]) -> Table:
    """Stack rows."""

    def column(values: Sequence[float]) -> Array:
        return np.asarray(values, dtype=float)

    rows = observations
    return Table(
        observations=rows,
        physics=_stacked([physics(o.served) for o in rows]),
        prefill=_stacked([physics(o.prefill or o.served) for o in rows]),
        replicas=column([o.replicas for o in rows]),
        prefill_replicas=column([o.prefill_replicas or o.replicas for o in rows]),
        chips=column([o.chips for o in rows]),
        input_tokens=column([o.lengths.input_tokens for o in rows]),
        prefilled_tokens=column([o.lengths.prefilled for o in rows]),
        output_tokens=column([o.lengths.output_tokens for o in rows]),
        concurrency=column([np.nan if o.concurrency is None else o.concurrency for o in rows]),
        rate_per_s=column([np.nan if o.rate_per_s is None else o.rate_per_s for o in rows]),
        most_running=column([_most_running(o) for o in rows]),
        static=column([o.kind == "static" for o in rows]),
        steady=column([o.kind not in ("static", "closed") for o in rows]),
        apart=column([o.prefill is not None for o in rows]),
        log_value=np.log(column([o.value for o in rows])),
    )


def _stacked(rows: Sequence[Physics]) -> Physics:
    return Physics(*(np.asarray(column, dtype=float) for column in zip(*rows, strict=True)))


def _most_running(o: Observation) -> float:
    """By cache memory, at the mean context of a running sequence, and by the engine's limit."""
    fits = memory(o.served.hardware, o.served.shape, o.served.plan, o.served.precision, o.family).sequences(
        o.lengths.mean_context, o.served.plan
    )
    limit = float(o.limit) / o.replicas if o.limit else float("inf")
    return max(1.0, min(float(fits), limit))
