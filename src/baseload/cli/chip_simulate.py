"""`baseload chip simulate`: a model on chips, serving a load request by request: latencies, throughput, watts."""

from pathlib import Path
from typing import Any

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.console.figures import number, percent


@click.command(
    cls=Command,
    example="baseload chip simulate --chip H100-SXM --model Llama-3.1-8B --precision fp8 --rate 20 --requests 5000",
)
@click.option("--chip", required=True, help="A chip of the catalogue.")
@click.option("--model", required=True, help="A model of the catalogue.")
@click.option("--chips", type=click.IntRange(1), default=1, show_default=True, help="Chips of the replica.")
@click.option("--tp", type=click.IntRange(1), help="Tensor parallelism.  [default: all chips]")
@click.option("--pp", type=click.IntRange(1), default=1, show_default=True, help="Pipeline parallelism.")
@click.option("--ep", type=click.IntRange(1), help="Expert parallelism.")
@click.option("--dp", type=click.IntRange(1), default=1, show_default=True, help="Data parallelism of attention.")
@click.option("--precision", default="bf16", show_default=True, help="bf16, fp8, fp4, int8 or int4.")
@click.option("--engine", default="vllm", show_default=True, help="The engine whose constants are used.")
@click.option("--rate", type=click.FloatRange(0, min_open=True), help="Requests/s, arriving at random (Poisson).")
@click.option("--concurrency", type=click.IntRange(1), help="Clients that each wait for their answer.")
@click.option("--trace", type=click.Path(dir_okay=False, path_type=Path), help="A CSV file of requests to replay.")
@click.option("--requests", type=click.IntRange(1), help="How many.  [default: 1000, or all of the trace]")
@click.option("--input", "asks", type=click.IntRange(1), default=1024, show_default=True, help="Prompt tokens, mean.")
@click.option("--output", "answers", type=click.IntRange(1), default=256, show_default=True, help="Answer tokens, mean.")
@click.option("--input-p90", type=click.FloatRange(1), help="Prompt tokens vary (log-normal), a tenth above this.")
@click.option("--output-p90", type=click.FloatRange(1), help="Answer tokens vary (log-normal), a tenth above this.")
@click.option("--max-sequences", type=click.IntRange(1), default=256, show_default=True, help="At once in the batch.")
@click.option("--max-batched-tokens", type=click.IntRange(1), default=8192, show_default=True, help="In a step.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of arrivals and lengths.")
@json_option
def simulate(as_json: bool, **asked: Any) -> None:
    """What clients of one replica would see: time to first token, between tokens and to the end, by percentile.

    Give the load as one of --rate, --concurrency and --trace. All figures are modelled.
    """
    from baseload.cli import simulating

    load = simulating.load_of(asked)
    replica = simulating.replica_of(asked)
    result = simulating.served(replica, load, asked)
    answer = {**replica.told, "seed": asked["seed"], **result.describe()}
    if as_json:
        emit(answer)
    else:
        click.echo(_text(answer))


def _text(answer: dict[str, Any]) -> str:
    refused = ", ".join(f"{n} refused: {why.replace('_', ' ')}" for why, n in answer["refused"].items())
    lines = [
        f"{answer['model']} in {answer['precision']} on {answer['chips']} × {answer['chip']}, {answer['engine']}",
        f"{answer['completed']:,} requests in {number(answer['duration_s'])} s" + (f"; {refused}" if refused else ""),
        "",
        table(("", "requests", "", "mean ms", "p50", "p90", "p99"), _latencies(answer)),
        "",
        f"throughput   {number(answer['output_tokens_per_s'])} output tokens/s, {number(answer['requests_per_s'])} requests/s",
        f"batch        {number(answer['sequences_mean'])} requests on average",
        f"KV cache     {percent(answer['kv_used_mean'])} on average, {percent(answer['kv_used_peak'])} at most; "
        f"{answer['preemptions']:,} preemptions",
        f"prefix cache {percent(answer['prefix_hit_fraction'])} of prompt tokens",
    ]
    if answer["watts_mean"] is not None:
        joules = answer["energy_j_per_output_token"]
        lines.append(f"power        {number(answer['watts_mean'])} W on average, {number(joules)} J an output token")
    return "\n".join([*lines, "all figures are modelled"])


def _latencies(answer: dict[str, Any]) -> list[list[str]]:
    """All requests, and each class when there is more than one."""
    groups = {"all": answer["latency"]}
    if len(answer["by_priority"]) > 1:
        groups |= {f"priority {p}": seen for p, seen in answer["by_priority"].items()}
    names = {"ttft": "first token", "tpot": "between tokens", "e2e": "whole answer"}
    return [
        [
            group if key == "ttft" else "",
            f"{seen['requests']:,}" if key == "ttft" else "",
            name,
            *(number(seen[key][figure]) for figure in ("mean_ms", "p50_ms", "p90_ms", "p99_ms")),
        ]
        for group, seen in groups.items()
        for key, name in names.items()
    ]
