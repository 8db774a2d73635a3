"""`baseload chip validate` and `baseload chip calibrate`: measured rows against the model, and into it."""

from dataclasses import asdict
from pathlib import Path

import click

from baseload.cli.chip_setup import calibration_from, calibration_option
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.units import Mark

HEAD = ("metric", "mode", "rows", "median error", "mean", "p90", "in 80 % band")


@click.command("validate", cls=Command, example="baseload chip validate measured.csv --rows scored.csv")
@click.argument("files", metavar="FILE.csv...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--rows", "out", type=click.Path(path_type=Path), help="Write every row with its prediction here.")
@calibration_option
@json_option
def validate_chips(files: tuple[Path, ...], out: Path | None, calibration: Path | None, as_json: bool) -> None:
    """Score predictions against files of measurements; rows left out are counted by reason."""
    from baseload.silicon.validate import validate, write_rows

    found, scored = validate(files, calibration_from(calibration))
    if out is not None:
        write_rows(out, scored)
    if as_json:
        overall = [{k: v for k, v in asdict(g).items() if k not in ("chip", "model")} for g in found.overall]
        groups = [asdict(g) for g in found.groups]
        emit(
            {
                "mark": Mark.MODELLED,
                "rows": found.rows,
                "scored": found.scored,
                "left_out": found.left_out,
                "groups": groups,
                "overall": overall,
            }
        )
        return
    click.echo(f"{found.scored} of {found.rows} rows scored")
    percent = [
        (g.metric, g.mode, str(g.n), *(f"{x:.1%}" for x in (g.median_ape, g.mean_ape, g.p90_ape, g.coverage_80)))
        for g in found.overall
    ]
    click.echo(table(HEAD, percent))
    for reason, n in found.left_out.items():
        click.echo(f"left out {n}: {reason}")


@click.command("calibrate", cls=Command, example="baseload chip calibrate measured.csv --write mine.json")
@click.argument("files", metavar="FILE.csv...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--write",
    "out",
    default="calibration.json",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where the calibration goes.",
)
@click.option(
    "--bands/--no-bands", default=True, show_default=True, help="Refit without each group for the 80 % bands."
)
@json_option
def calibrate_chips(files: tuple[Path, ...], out: Path, bands: bool, as_json: bool) -> None:
    """Fit the constants of engines on chips to measured serving rows."""
    from baseload.silicon.calibrate.learn import learn

    def progress(done: int, all_: int, what: str) -> None:
        click.echo(f"{done} of {all_}: {what}", err=True)

    told = learn(files, out, bands=bands, known=True, progress=progress)
    if as_json:
        emit({"mark": Mark.MODELLED, **told})
        return
    click.echo(f"{told['rows_fitted']} rows fitted; written to {out}; use it with --calibration {out}")
