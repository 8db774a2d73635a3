"""`baseload chip train`: a training run with its ranges, or how many samples a second a ranking model takes."""

import re
from typing import Any

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.console.figures import number, percent

SUFFIXES = {"": 1.0, "M": 1e6, "B": 1e9, "T": 1e12}
HOURS_PER_YEAR = 8766


class Tokens(click.ParamType[float]):
    """A number of tokens as people say it: 300B, 15.6T, 15.6e12."""

    name = "tokens"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"(\d+(?:\.\d+)?(?:[eE]\d{1,2})?)([MBT]?)", str(value).strip())
        if not match or not 1 <= (found := float(match[1]) * SUFFIXES[match[2]]) <= 1e18:
            self.fail(f"{value!r} is no number of tokens; write 300B, 15.6T or 15.6e12.", param, ctx)
        return found


@click.command(
    cls=Command, example="baseload chip train --chip H100-SXM --model Llama-3.1-405B --chips 16384 --tokens 15.6T"
)
@click.option("--chip", "chip_name", required=True, help="A chip of the catalogue.")
@click.option("--model", "model_name", required=True, help="A model of the catalogue.")
@click.option("--chips", type=click.IntRange(1, 10_000_000), help="How many; of a ranking model as few as hold it.")
@click.option("--tokens", type=Tokens(), help="How much it learns from: 300B, 15.6T.")
@click.option("--precision", type=click.Choice(("bf16", "fp8")), default="bf16", show_default=True)
@click.option("--tp", type=click.IntRange(1), help="Tensor parallel chips; as few as hold the model otherwise.")
@click.option("--pp", type=click.IntRange(1), help="Pipeline stages; as few as hold the model otherwise.")
@click.option("--sequence", type=click.IntRange(1), default=8192, show_default=True, help="Tokens of a sequence.")
@click.option("--batch", type=Tokens(), default="16777216", show_default="16 Mi", help="Tokens of a batch.")
@click.option("--usd-per-chip-hour", type=click.FloatRange(0), help="The catalogue's rent or price otherwise.")
@click.option(
    "--usd-per-kwh", type=click.FloatRange(0), default=0.08, show_default=True, help="Power, where it is owned."
)
@click.option("--pue", type=click.FloatRange(1), default=1.2, show_default=True, help="The site's.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draws.")
@json_option
def train(
    chip_name: str,
    model_name: str,
    chips: int | None,
    tokens: float | None,
    precision: Any,
    tp: int | None,
    pp: int | None,
    sequence: int,
    batch: float,
    usd_per_chip_hour: float | None,
    usd_per_kwh: float,
    pue: float,
    seed: int,
    as_json: bool,
) -> None:
    """Price a training run: arithmetic, collectives, checkpoints and failures. Every figure is modelled.

    Of a ranking model: samples a second when trained and when served, and how many chips hold its tables.
    """
    import numpy as np

    from baseload import catalog
    from baseload.cli import chip_ranking
    from baseload.silicon import training
    from baseload.silicon.ranking import either_model

    entry, model = catalog.chip(chip_name), either_model(model_name)
    if isinstance(model, catalog.RankingModel):
        told = chip_ranking.ranked(model, entry, chips=chips, precision=precision, seed=seed)
        if as_json:
            emit(told)
        else:
            click.echo(chip_ranking.text(told))
        return
    if tokens is None or chips is None:
        missing = [name for name, value in (("--chips", chips), ("--tokens", tokens)) if value is None]
        raise click.UsageError(f"to price a training run of {model.id}, say {' and '.join(missing)}")
    network, trainer = training.network_of(model), training.trainer_of(entry, precision)
    plan = training.plan_for(network, trainer, chips, tp=tp, pp=pp, sequence_tokens=sequence, batch_tokens=round(batch))
    prices, priced_by = _prices(entry, usd_per_chip_hour, usd_per_kwh, pue)
    run = training.train(
        network, trainer, plan, tokens=tokens, precision=precision, prices=prices, rng=np.random.default_rng(seed)
    )
    answer = _answer(run, entry.id, model.id, precision, tokens, priced_by, seed)
    if as_json:
        emit(answer)
    else:
        click.echo(_text(answer))


def _prices(entry: Any, usd_per_chip_hour: float | None, usd_per_kwh: float, pue: float) -> tuple[Any, str]:
    """What an hour of a chip costs, and who says so. Rent has the power in it; an owned chip's hour has not."""
    from baseload.silicon.training import Prices

    if usd_per_chip_hour is not None:
        return Prices(
            usd_per_chip_hour=usd_per_chip_hour, usd_per_kwh=usd_per_kwh, pue=pue
        ), "as given, power beside it"
    if entry.rent_usd_per_hour is not None:
        rent = entry.rent_usd_per_hour.value
        return Prices(usd_per_chip_hour=rent, usd_per_kwh=0.0, pue=pue), "the catalogue's rent, power in it"
    owned = entry.need("price_usd").value / entry.need("life_years").value / HOURS_PER_YEAR
    return Prices(
        usd_per_chip_hour=owned, usd_per_kwh=usd_per_kwh, pue=pue
    ), "price over life (no host), power beside it"


def _answer(
    run: Any, chip: str, model: str, precision: str, tokens: float, priced_by: str, seed: int
) -> dict[str, Any]:
    from baseload.silicon.ranged import FUTURES

    bands = (
        "mfu",
        "effective",
        "step_s",
        "tokens_per_s",
        "checkpoint_every_s",
        "wall_days",
        "chip_hours",
        "energy_j",
        "usd",
    )
    return {
        "chip": chip,
        "model": model,
        "chips": run.plan.chips,
        "precision": precision,
        "tokens": tokens,
        "tp": run.plan.tp,
        "pp": run.plan.pp,
        "dp": run.plan.dp,
        "sequence_tokens": run.plan.sequence_tokens,
        "batch_tokens": run.plan.batch_tokens,
        "flops": run.flops,
        "binds": run.binds,
        "parts_s": dict(run.parts_s),
        **{name: getattr(run, name)._asdict() for name in bands},
        "priced_by": priced_by,
        "seed": seed,
        "draws": FUTURES,
        "mark": "modelled",
    }


ROWS = (
    ("mfu", "model FLOPs ÷ peak", "%", 100.0),
    ("effective", "time that is kept", "%", 100.0),
    ("step_s", "one step", "s", 1.0),
    ("checkpoint_every_s", "a checkpoint every", "s", 1.0),
    ("tokens_per_s", "tokens per second", "M/s", 1e-6),
    ("wall_days", "wall time", "days", 1.0),
    ("chip_hours", "chip-hours", "M", 1e-6),
    ("energy_j", "energy, site", "GWh", 1 / 3.6e12),
    ("usd", "cost", "M$", 1e-6),
)


def _text(answer: dict[str, Any]) -> str:
    rows = [
        [label, *(number(answer[key][side] * factor) for side in ("low", "central", "high")), unit]
        for key, label, unit, factor in ROWS
    ]
    split = f"tensor {answer['tp']} × pipeline {answer['pp']} × data {answer['dp']}"
    whole = sum(answer["parts_s"].values())
    parts = ", ".join(f"{name} {percent(s / whole)}" for name, s in answer["parts_s"].items() if s > 0)
    return "\n".join(
        [
            f"{answer['model']} on {answer['chips']:,} × {answer['chip']}, {answer['precision']}, {split}",
            "",
            table(("modelled", "low", "central", "high", "unit"), rows),
            "",
            f"A step is {parts}; {answer['binds']} binds. Priced by {answer['priced_by']}.",
            f"Low and high hold 90 % of {answer['draws']:,} draws of all ranges together, seed {answer['seed']}.",
        ]
    )
