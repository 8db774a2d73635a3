"""`baseload usage`: who used what. Read from the books, beside a running cloud or without one."""

import re
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from baseload.cli.books import reading
from baseload.cli.place import data_option
from baseload.cli.root import Group
from baseload.cli.show import emit, json_option, table
from baseload.cli.traffic import traffic
from baseload.console.figures import number, usd

BY = ("tenant", "key", "model", "day")


class Day(click.ParamType[str]):
    """A day in UTC, as the report writes it."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value)):
            self.fail(f"{value!r} is no day; write 2026-11-24.", param, ctx)
        return str(value)


@click.group(cls=Group, example="baseload usage --by model", invoke_without_command=True)
@click.option("--by", type=click.Choice(BY), default="tenant", show_default=True, help="One row for each.")
@click.option("--tenant", help="One tenant's usage only.")
@click.option("--key", help="One key's usage only, by its id.")
@click.option("--model", help="One model's usage only.")
@click.option("--day", type=Day(), help="One day's usage only, UTC.")
@data_option
@json_option
@click.pass_context
def usage(
    ctx: click.Context,
    by: str,
    tenant: str | None,
    key: str | None,
    model: str | None,
    day: str | None,
    data: Path,
    as_json: bool,
) -> None:
    """Requests, tokens, joules and dollars, added up from the usage rows."""
    from baseload.billing.usage import report

    if ctx.invoked_subcommand:
        _nothing_before(ctx, ctx.invoked_subcommand)
        return
    with reading(data) as conn:
        made = report(conn, by, tenant=tenant, key=key, model=model, day=day)
    if as_json:
        emit(made)
        return
    click.echo(_table(by, made["rows"]))


usage.add_command(traffic)


def _nothing_before(ctx: click.Context, verb: str) -> None:
    """An option of the report that stands before a verb would be read and then forgotten: better to say so."""
    for name in ctx.params:
        if ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            raise click.UsageError(f"options of {verb!r} come after it: baseload usage {verb} …", ctx)


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
