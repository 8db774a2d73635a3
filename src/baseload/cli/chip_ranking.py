"""What `baseload chip train` does and prints for a ranking model: samples a second, trained and served."""

from typing import Any

import click
import numpy as np
from click.core import ParameterSource

from baseload.catalog import Chip, Precision, RankingModel
from baseload.cli.show import table
from baseload.console.figures import number
from baseload.silicon.ranged import FUTURES, Band
from baseload.silicon.ranking import RankingRate, rank, ranking_chip, shape_of
from baseload.silicon.ranking.estimate import Work

WORKS: tuple[Work, ...] = ("training", "serving")
LANGUAGE_ONLY = ("tokens", "tp", "pp", "sequence", "batch", "usd_per_chip_hour", "usd_per_kwh", "pue")


def ranked(model: RankingModel, chip: Chip, *, chips: int | None, precision: Precision, seed: int) -> dict[str, Any]:
    """The command's answer. UsageError for options that only a language model has."""
    said = click.get_current_context().get_parameter_source
    if wrong := [f"--{name.replace('_', '-')}" for name in LANGUAGE_ONLY if said(name) is ParameterSource.COMMANDLINE]:
        raise click.UsageError(f"{', '.join(wrong)}: of language models only, and {model.id} ranks; leave it out")
    shape, on = shape_of(model), ranking_chip(chip, precision)
    rates = {work: rank(shape, on, work=work, chips=chips, rng=np.random.default_rng(seed)) for work in WORKS}
    return {
        "chip": chip.id,
        "model": model.id,
        "precision": precision,
        **{work: _told(shape.table_bytes(work), rate) for work, rate in rates.items()},
        "seed": seed,
        "draws": FUTURES,
        "mark": "modelled",
    }


def text(answer: dict[str, Any]) -> str:
    """For a person."""
    rows = [
        [
            work,
            number(answer[work]["table_bytes"] / 1e9),
            f"{answer[work]['chips_for_capacity']:,}",
            f"{answer[work]['chips']:,}",
            *(number(answer[work]["samples_per_s_per_chip"][side]) for side in ("low", "central", "high")),
            number(answer[work]["samples_per_s"]["central"]),
            answer[work]["binds"],
        ]
        for work in WORKS
    ]
    head = ("modelled", "tables, GB", "chips that hold them", "chips", "samples/s a chip: low", "central", "high")
    return "\n".join(
        [
            f"{answer['model']} on {answer['chip']}, {answer['precision']}",
            "",
            table((*head, "samples/s together", "binds"), rows),
            "",
            f"Low and high hold 90 % of {answer['draws']:,} draws of all ranges together, seed {answer['seed']}.",
        ]
    )


def _told(table_bytes: float, rate: RankingRate) -> dict[str, Any]:
    each = rate.samples_per_s_per_chip
    return {
        "table_bytes": table_bytes,
        "chips_for_capacity": rate.chips_for_capacity,
        "chips": rate.chips,
        "binds": rate.binds,
        "samples_per_s_per_chip": each._asdict(),
        "samples_per_s": Band(*(side * rate.chips for side in each))._asdict(),
    }
