"""The options that say what runs on what, shared by the commands that ask the model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from baseload.errors import SetupError

if TYPE_CHECKING:
    from baseload.silicon.calibrate.calibration import Calibration
    from baseload.silicon.setup import Setup

Decorated = Callable[..., Any]
OPTIONS = (
    click.option("--chip", required=True, metavar="CHIP", help="A chip of the catalogue."),
    click.option("--model", required=True, metavar="MODEL", help="A model of the catalogue."),
    click.option("--chips", default=1, show_default=True, type=click.IntRange(1), help="Chips altogether."),
    click.option("--tp", type=click.IntRange(1), help="Tensor parallelism; all of an engine's chips without it."),
    click.option("--pp", default=1, show_default=True, type=click.IntRange(1), help="Pipeline stages."),
    click.option("--dp", default=1, show_default=True, type=click.IntRange(1), help="Attention data parallelism."),
    click.option("--ep", type=click.IntRange(1), help="Expert parallelism; must divide the engine's chips."),
    click.option("--precision", default="bf16", show_default=True, help="bf16, fp8, fp4, mxfp4, int8 or int4."),
    click.option(
        "--engine", default="", help="An engine and its version, as in 'vllm 0.19.0'; without it, datasheet mode."
    ),
)


calibration_option = click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="Constants that `chip calibrate` wrote; the shipped ones otherwise.",
)


def calibration_from(path: Path | None) -> "Calibration":
    """The one of this file, or the shipped one. SetupError when the file is none."""
    from baseload.silicon.calibrate.store import read, shipped

    if path is None:
        return shipped()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"cannot read {path} ({error}); write one with baseload chip calibrate") from error
    return read(text, str(path))


def setup_options(command: Decorated) -> Decorated:
    """Adds them to a command."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def setup_from(given: dict[str, Any]) -> "Setup":
    """The setup that the options say, taken out of the command's arguments."""
    from baseload.silicon.setup import setup_of

    return setup_of(
        chip=given.pop("chip"),
        model=given.pop("model"),
        chips=given.pop("chips"),
        tensor=given.pop("tp"),
        pipeline=given.pop("pp"),
        data=given.pop("dp"),
        expert=given.pop("ep"),
        precision=given.pop("precision"),
        engine=given.pop("engine"),
    )


def plan_words(setup: "Setup") -> str:
    """As people write it."""
    plan = setup.served.plan
    words = f"TP{plan.tensor}" + (f" PP{plan.pipeline}" if plan.pipeline > 1 else "")
    return words + (f" DP{plan.data}" if plan.data > 1 else "") + (f" × {setup.replicas}" if setup.replicas > 1 else "")


def engine_notes(setup: "Setup", made: "Calibration") -> list[str]:
    """What a reader should know of the engine that was named: never measured, or not in this release."""
    if not setup.engine:
        return []
    families = sorted({combination.split(" ")[-2] for combination in made.rows["decode"]} - {""})
    versions = made.decode.effects["layer_s"].get("version", {})
    if setup.served.family not in families:
        return [
            f"No engine {setup.engine!r} was measured, so nothing is known of it; measured are {', '.join(families)}."
        ]
    if setup.engine not in versions:
        return [f"No release {setup.engine!r} was measured: the constants are its family's, and releases differ."]
    return []
