"""`baseload chip predict` and `baseload chip compare`: how fast, how hot, what binds, and how sure."""

from pathlib import Path
from typing import Any

import click

from baseload.cli.chip_setup import (
    calibration_from,
    calibration_option,
    engine_notes,
    plan_words,
    setup_from,
    setup_options,
)
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.units import Mark

LOAD = (
    click.option("--input", "input_tokens", default=1024, show_default=True, type=click.IntRange(1), help="Tokens in."),
    click.option(
        "--output", "output_tokens", default=256, show_default=True, type=click.IntRange(1), help="Tokens out."
    ),
    click.option("--concurrency", default=8, show_default=True, type=click.IntRange(1), help="Requests open at once."),
)


def load_options(command: Any) -> Any:
    """Adds the load to a command."""
    for option in reversed(LOAD):
        command = option(command)
    return command


@click.command(
    "predict", cls=Command, example="baseload chip predict --chip H100-SXM --model Llama-3.1-8B --precision fp8"
)
@setup_options
@load_options
@calibration_option
@json_option
def predict_chip(
    as_json: bool, calibration: Path | None, input_tokens: int, output_tokens: int, concurrency: int, **given: Any
) -> None:
    """Speed, watts and joules per token of a model on chips under a load, each with an 80 % band."""
    from baseload.cli.chip_prediction import lines, told
    from baseload.silicon.prediction import predict

    setup = setup_from(given)
    known = calibration_from(calibration)
    made = predict(setup, input_tokens=input_tokens, output_tokens=output_tokens, concurrency=concurrency, made=known)
    if as_json:
        emit(told(made))
        return
    click.echo(f"{setup.model} on {setup.chips} {setup.chip}, {plan_words(setup)}, {setup.served.precision}")
    click.echo(table(("what", "value", "80 % band", "unit"), lines(made)))
    click.echo(f"modelled; {made.mode}: {MODES[made.mode]}. A decode step is bound by {made.binds}.")
    for note in engine_notes(setup, known):
        click.echo(note)


MODES = {
    "calibrated": "at least eight measured rows of this chip, engine and precision",
    "pooled": "this engine was measured on other chips or in other precisions",
    "datasheet": "from the chip's data sheet and what engines usually reach",
}


@click.command(
    "compare",
    cls=Command,
    example="baseload chip compare H100-SXM MI300X --model Llama-3.1-70B --precision fp8 --chips 8",
)
@click.argument("names", metavar="CHIP...", nargs=-1, required=True)
@click.option("--model", required=True, metavar="MODEL", help="A model of the catalogue.")
@click.option("--chips", default=8, show_default=True, type=click.IntRange(1), help="Chips of each kind, one engine.")
@click.option("--precision", default="bf16", show_default=True, help="bf16, fp8, fp4, mxfp4, int8 or int4.")
@click.option("--engine", default="", help="An engine and its version; without it, datasheet mode.")
@load_options
@calibration_option
@json_option
def compare_chips(
    names: tuple[str, ...],
    model: str,
    chips: int,
    precision: str,
    engine: str,
    input_tokens: int,
    output_tokens: int,
    concurrency: int,
    calibration: Path | None,
    as_json: bool,
) -> None:
    """The same load on several chips. One that cannot run it says why."""
    from baseload.cli.chip_prediction import HEAD, cells, told
    from baseload.errors import Unsupported
    from baseload.silicon.prediction import predict
    from baseload.silicon.setup import setup_of

    known = calibration_from(calibration)
    answers: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    cannot: dict[str, str] = {}
    for name in names:
        try:
            setup = setup_of(chip=name, model=model, chips=chips, precision=precision, engine=engine)
            made = predict(
                setup, input_tokens=input_tokens, output_tokens=output_tokens, concurrency=concurrency, made=known
            )
        except Unsupported as reason:
            answers.append({"chip": name, "cannot": str(reason)})
            rows.append((name, *("–",) * (len(HEAD) - 1)))
            cannot[name] = str(reason)
            continue
        answers.append(told(made))
        rows.append(cells(made))
    if as_json:
        emit({"mark": Mark.MODELLED, "chips": answers})
        return
    by = engine or "no engine stated"
    click.echo(
        f"{model} on {chips} of each, {precision}, {by}; "
        f"{input_tokens} tokens in, {output_tokens} out, {concurrency} at once"
    )
    click.echo(table(HEAD, rows))
    for name, why in cannot.items():
        click.echo(f"{name}: {why}")
    click.echo("modelled; dollars fully loaded, at the catalogue's prices")
