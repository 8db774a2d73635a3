"""`baseload pnl`: the cloud as a business. Read from the books, beside a running cloud or without one."""

from pathlib import Path

import click

from baseload.cli.books import now_us, reading
from baseload.cli.place import data_option, frozen_cloud
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option
from baseload.cli.span import SPAN


@click.command(cls=Command, example="baseload pnl")
@click.option("--last", "last_s", type=SPAN, help="How far to look back: 1h, 7d. The trailing day otherwise.")
@data_option
@json_option
def pnl(last_s: int | None, data: Path, as_json: bool) -> None:
    """What the cloud earned and what it cost. Margin by tenant and model, payback, the headline ratio."""
    from baseload.billing.pnl import to_json
    from baseload.billing.statement import statement
    from baseload.cli.statement import text

    now = now_us()
    with reading(data) as conn:
        start = None if last_s is None else now - last_s * 1_000_000
        made = to_json(statement(conn, frozen_cloud(data), now, from_us=start))
    if as_json:
        emit(made)
    else:
        click.echo(text(made))
