"""`baseload chip simulate`: a model on chips, serving a load request by request: latencies, throughput, watts."""

from pathlib import Path
from typing import Any

import click

from baseload.cli.chip_setup import setup_from, setup_options
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option

LOAD = (
    click.option("--rate", type=click.FloatRange(0, min_open=True), help="Requests/s, arriving at random (Poisson)."),
    click.option("--concurrency", type=click.IntRange(1), help="Clients that each wait for their whole answer."),
    click.option("--trace", type=click.Path(dir_okay=False, path_type=Path), help="A CSV file of requests to replay."),
    click.option("--requests", type=click.IntRange(1), help="How many.  [default: 1000; all of a trace]"),
    click.option("--input", "asks", type=click.IntRange(1), default=1024, show_default=True, help="Tokens in."),
    click.option("--output", "answers", type=click.IntRange(1), default=256, show_default=True, help="Tokens out."),
    click.option("--input-p90", type=click.IntRange(1), help="Tokens in vary: --input on average, a tenth above this."),
    click.option("--output-p90", type=click.IntRange(1), help="Tokens out vary, as tokens in."),
    click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Of arrivals and lengths."),
    click.option("--max-sequences", type=click.IntRange(1), default=256, show_default=True, help="In a batch."),
    click.option("--max-batched-tokens", type=click.IntRange(1), default=8192, show_default=True, help="In a step."),
)


def load_options(command: Any) -> Any:
    """Adds the load and the engine's bounds to a command."""
    for option in reversed(LOAD):
        command = option(command)
    return command


@click.command(
    "simulate",
    cls=Command,
    example="baseload chip simulate --chip H100-SXM --model Llama-3.1-8B --precision fp8 --rate 20 --requests 5000",
)
@setup_options
@load_options
@json_option
def chip_simulate(as_json: bool, **given: Any) -> None:
    """What clients would wait for the first token, the next and the whole answer, by percentile, with the queue in it.

    Give the load as one of --rate, --concurrency and --trace. One engine; every figure is modelled.
    """
    from baseload.cli import chip_simulation as simulation

    if sum(given[name] is not None for name in ("rate", "concurrency", "trace")) != 1:
        raise click.UsageError("give the load as one of --rate, --concurrency and --trace")
    setup = setup_from(given)
    answer = simulation.simulated(setup, **given)
    if as_json:
        emit(answer)
    else:
        click.echo(simulation.text(answer))
