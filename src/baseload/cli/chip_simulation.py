"""What `baseload chip simulate` does and prints."""

from pathlib import Path
from typing import Any

import numpy as np

from baseload.cli.chip_setup import plan_words
from baseload.cli.show import say, table
from baseload.console.figures import count, number, percent
from baseload.silicon.setup import Setup
from baseload.silicon.simulator import Load, Mix, closed_loop, poisson, replay, simulate
from baseload.silicon.simulator.lengths import by_mean
from baseload.silicon.simulator.replica import replica_of, replica_watts

REQUESTS = 1000
NAMES = {"ttft": "first token", "tpot": "each next token", "e2e": "whole answer"}


def simulated(setup: Setup, *, max_sequences: int, max_batched_tokens: int, seed: int, **asked: Any) -> dict[str, Any]:
    """The command's answer: what was asked and the figures of `Result.describe`."""
    load = load_of(seed=seed, **asked)
    replica = replica_of(
        setup,
        context_tokens=float(np.mean(load.input_tokens + load.output_tokens / 2)),
        max_sequences=max_sequences,
        max_batched_tokens=max_batched_tokens,
    )
    result = simulate(replica.coefficients, replica.engine, load, watts=replica_watts(setup), prefill=replica.prefill)
    return {
        "chip": setup.chip,
        "model": setup.model,
        "chips": setup.chips,
        "plan": plan_words(setup),
        "precision": setup.served.precision,
        "engine": setup.engine,
        "requests": len(load),
        "seed": seed,
        "max_sequences": replica.engine.max_sequences,
        "max_batched_tokens": replica.engine.max_batched_tokens,
        "kv_tokens": replica.engine.kv_tokens,
        **result.describe(),
    }


def load_of(
    *,
    rate: float | None,
    concurrency: int | None,
    trace: Path | None,
    requests: int | None,
    asks: int,
    answers: int,
    input_p90: int | None,
    output_p90: int | None,
    seed: int,
) -> Load:
    """The load that the options say; of a trace the first `requests`."""
    if trace is not None:
        return replay(trace, say).first(requests)
    mix = Mix(input=by_mean(asks, input_p90), output=by_mean(answers, output_p90))
    n = requests or REQUESTS
    if rate is not None:
        return poisson(mix, requests=n, rate_per_s=rate, seed=seed)
    return closed_loop(mix, requests=n, clients=concurrency or 1, seed=seed)


def text(answer: dict[str, Any]) -> str:
    """For a person."""
    refused = "".join(f"; {n:,} refused: {why.replace('_', ' ')}" for why, n in answer["refused"].items())
    joules, watts, batch = (answer[n] for n in ("energy_j_per_output_token", "watts_mean", "sequences_mean"))
    preempted, found = count(answer["preemptions"]), percent(answer["prefix_hit_fraction"])
    power = [f"power: {number(watts)} W on average, {number(joules)} J an output token"] if watts is not None else []
    return "\n".join(
        [
            f"{answer['model']} on {answer['chips']} {answer['chip']}, {answer['plan']}, {answer['precision']}",
            f"{count(answer['completed'])} requests in {number(answer['duration_s'])} s{refused}",
            table(("milliseconds to", "requests", "mean", "p50", "p90", "p99"), _latencies(answer)),
            f"throughput: {number(answer['output_tokens_per_s'])} output tokens/s, "
            f"{number(answer['requests_per_s'])} requests/s, {number(batch)} in the batch on average",
            f"KV cache: {percent(answer['kv_used_mean'])} used on average, {percent(answer['kv_used_peak'])} at most, "
            f"{preempted} preemptions; prefix cache: {found} of tokens in",
            *power,
            "all figures are modelled",
        ]
    )


def _latencies(answer: dict[str, Any]) -> list[list[str]]:
    """All requests, and each class when there is more than one."""
    groups = {"": answer["latency"]}
    if len(answer["by_priority"]) > 1:
        groups |= {f", priority {p}": seen for p, seen in answer["by_priority"].items()}
    return [
        [
            f"{name}{group}",
            count(seen["requests"]),
            *(number(seen[key][f"{q}_ms"]) for q in ("mean", "p50", "p90", "p99")),
        ]
        for group, seen in groups.items()
        for key, name in NAMES.items()
    ]
