"""What came of a simulation: latencies and their percentiles, throughput, KV use, watts over time. All modelled."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from baseload.silicon.coefficients import Array
from baseload.silicon.simulator.records import WORK, Records, Status
from baseload.silicon.simulator.state import State
from baseload.silicon.simulator.watts import Watts
from baseload.units import Mark

REASONS = {Status.OVER_CONTEXT: "longer_than_context", Status.OVER_KV: "larger_than_kv_cache"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Mean and percentiles in milliseconds; None where there was nothing to time."""

    mean_ms: float | None
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """As a client sees completed requests: to the first token, between tokens, to the end.

    TPOT is (end to end − TTFT) ÷ (output tokens − 1), for answers of two tokens or more.
    """

    requests: int
    ttft: Spread
    tpot: Spread
    e2e: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Means over slots of `slot_s` from time 0; arrays of one length. `watts` is None without a power function."""

    slot_s: float
    watts: Array | None
    kv_used: Array
    """Share of the KV cache that running requests held."""
    sequences: Array
    """Requests running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """Every request by its number; arrays of one length, NaN for what did not come to be. `status` is a `Status`."""

    status: npt.NDArray[np.int64]
    priority: npt.NDArray[np.int64]
    arrival_s: Array
    admitted_s: Array
    ttft_s: Array
    tpot_s: Array
    e2e_s: Array
    hit_tokens: npt.NDArray[np.int64]
    preempted: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A run's figures. Tokens are counted of completed requests; time from 0 to where the engine has come."""

    completed: int
    refused: Mapping[str, int]
    """Requests that can never be served, by reason."""
    unfinished: int
    """Requests that had not ended where the run was stopped."""
    duration_s: float
    latency: Latency
    by_priority: Mapping[int, Latency]
    output_tokens_per_s: float
    requests_per_s: float
    kv_used_mean: float
    kv_used_peak: float
    sequences_mean: float
    preemptions: int
    recomputed_tokens: int
    prefix_hit_fraction: float
    """Of the prompt tokens of all admitted requests."""
    energy_j: float | None
    watts_mean: float | None
    energy_j_per_output_token: float | None
    engine_steps: int
    timeline: Timeline
    each: Each
    mark: Mark = Mark.MODELLED

    def describe(self) -> dict[str, Any]:
        """Plain values for `--json`; requests one by one are left out."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in _APART}
        line = self.timeline
        return plain | {
            "refused": dict(self.refused),
            "latency": asdict(self.latency),
            "by_priority": {str(p): asdict(seen) for p, seen in self.by_priority.items()},
            "timeline": {
                "slot_s": line.slot_s,
                "watts": None if line.watts is None else line.watts.tolist(),
                "kv_used": line.kv_used.tolist(),
                "sequences": line.sequences.tolist(),
            },
            "mark": str(self.mark),
        }


_APART = ("refused", "latency", "by_priority", "timeline", "each", "mark")


def result_of(state: State, watts: Watts | None = None) -> Result:
    """The figures of a state, finished or not."""
    s, requests = state.tables.clock[0], state.tables.requests
    each = _each(state)
    done = each.status == Status.COMPLETED
    duration_s = state.now_s
    tokens = int(requests["output"][done].sum())
    line, energy_j = _timeline(state, duration_s, watts)
    return Result(
        completed=int(done.sum()),
        refused={why: n for status, why in REASONS.items() if (n := _ended(requests, status))},
        unfinished=int(s["offered"] - s["ended"]),
        duration_s=duration_s,
        latency=_latency(each, done),
        by_priority={p: _latency(each, done & (each.priority == p)) for p in state.priorities},
        output_tokens_per_s=tokens / duration_s if duration_s else 0.0,
        requests_per_s=int(done.sum()) / duration_s if duration_s else 0.0,
        kv_used_mean=_mean(state.tables.slots["kv_block_s"], duration_s * state.limits.blocks),
        kv_used_peak=float(s["peak_blocks"] / state.limits.blocks),
        sequences_mean=_mean(state.tables.slots["sequence_s"], duration_s),
        preemptions=int(s["preemptions"]),
        recomputed_tokens=int(s["recomputed_tokens"]),
        prefix_hit_fraction=float(s["hit_tokens"] / s["prompt_tokens"]) if s["prompt_tokens"] else 0.0,
        energy_j=energy_j,
        watts_mean=energy_j / duration_s if energy_j is not None and duration_s else None,
        energy_j_per_output_token=energy_j / tokens if energy_j is not None and tokens else None,
        engine_steps=state.steps,
        timeline=line,
        each=each,
    )


def _each(state: State) -> Each:
    r, engine = state.tables.requests, state.engine
    ttft_s = r["first_s"] - r["arrival_s"] + engine.per_token_s
    e2e_s = np.where(
        r["status"] == Status.COMPLETED,
        r["ended_s"] - r["arrival_s"] + engine.per_token_s * r["output"] + engine.after_s,
        np.nan,
    )
    more = np.where(r["output"] > 1, r["output"] - 1.0, np.nan)
    return Each(
        status=r["status"].astype(np.int64),
        priority=np.asarray(state.priorities, dtype=np.int64)[r["rank"]],
        arrival_s=r["arrival_s"].copy(),
        admitted_s=r["admitted_s"].copy(),
        ttft_s=ttft_s,
        tpot_s=(e2e_s - ttft_s) / more,
        e2e_s=e2e_s,
        hit_tokens=r["hit"].astype(np.int64),
        preempted=r["preempted"].astype(np.int64),
    )


def _ended(requests: Records, status: Status) -> int:
    return int(((requests["status"] == status) & ~np.isnan(requests["ended_s"])).sum())


def _mean(total: Array, over: float) -> float:
    return float(total.sum() / over) if over else 0.0


def _latency(each: Each, which: npt.NDArray[np.bool_]) -> Latency:
    tpot = each.tpot_s[which]
    return Latency(
        requests=int(which.sum()),
        ttft=_spread(each.ttft_s[which]),
        tpot=_spread(tpot[~np.isnan(tpot)]),
        e2e=_spread(each.e2e_s[which]),
    )


def _spread(seconds: Array) -> Spread:
    if not seconds.size:
        return Spread(mean_ms=None, p50_ms=None, p90_ms=None, p99_ms=None)
    p50, p90, p99 = (float(q) for q in np.percentile(seconds, (50, 90, 99)) * 1e3)
    return Spread(mean_ms=float(seconds.mean() * 1e3), p50_ms=p50, p90_ms=p90, p99_ms=p99)


def _timeline(state: State, duration_s: float, watts: Watts | None) -> tuple[Timeline, float | None]:
    """Slots up to the end, the last one shorter than the rest; and the joules of all of them."""
    slot_s = float(state.tables.clock["slot_s"][0])
    n = min(math.ceil(duration_s / slot_s), len(state.tables.slots))
    slots = state.tables.slots[:n]
    length_s = np.diff(np.minimum(np.arange(n + 1) * slot_s, duration_s)).clip(min=1e-300)
    energy_j = watts.energy_j(length_s, *(slots[name] for name in WORK)) if watts else None
    line = Timeline(
        slot_s=slot_s,
        watts=None if energy_j is None else energy_j / length_s,
        kv_used=slots["kv_block_s"] / length_s / state.limits.blocks,
        sequences=slots["sequence_s"] / length_s,
    )
    return line, None if energy_j is None else float(energy_j.sum())
