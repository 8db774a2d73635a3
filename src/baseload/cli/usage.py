"""`baseload usage`: who used what. Read from the books, beside a running cloud or without one."""

import re
from pathlib import Path
from typing import Any

import click

from baseload.cli.books import reading
from baseload.cli.place import data_option
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.console.figures import number, usd

BY = ("tenant", "key", "model", "day")


class Day(click.ParamType[str]):
    """A day in UTC, as the report writes it."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
            self.fail(f"{value!r} is no day; write 2026-11-24.", param, ctx)
        return str(value)


@click.command(cls=Command, example="baseload usage --by model")
@click.option("--by", type=click.Choice(BY), default="tenant", show_default=True, help="One row for each.")
@click.option("--tenant", help="One tenant's usage only.")
@click.option("--key", help="One key's usage only, by its id.")
@click.option("--model", help="One model's usage only.")
@click.option("--day", type=Day(), help="One day's usage only, UTC.")
@data_option
@json_option
def usage(
    by: str, tenant: str | None, key: str | None, model: str | None, day: str | None, data: Path, as_json: bool
) -> None:
    """Requests, tokens, joules and dollars, added up from the usage rows."""
    from baseload.billing.usage import report

    with reading(data) as conn:
        made = report(conn, by, tenant=tenant, key=key, model=model, day=day)
    if as_json:
        emit(made)
        return
    click.echo(_table(by, made["rows"]))


def _table(by: str, rows: list[dict[str, Any]]) -> str:
    head = (by, "requests", "tokens in", "tokens out", "lost", "joules", "mark", "dollars")
    cells = [
        [
            str(next(iter(row.values()))),
            *(f"{row[k]:,}" for k in ("requests", "tok_in", "tok_out", "tok_lost")),
            number(row["energy_joules"]),
            row["energy_kind"],
            usd(row["cost_usd"]),
        ]
        for row in rows
    ]
    return table(head, cells)
