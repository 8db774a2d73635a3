"""`baseload credit`: money in. Through the gateway, which is the only writer of the books while a cloud runs."""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from baseload.cli.place import ask, data_option
from baseload.cli.root import Command, Group
from baseload.cli.show import emit, json_option, say


class Dollars(click.ParamType[str]):
    """A positive amount as it was written: the books take decimals, and a float would lose some on the way."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).strip()
        try:
            amount = Decimal(text)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount <= 0:
            self.fail(f"{value!r} is no amount in dollars; write 25 or 12.50.", param, ctx)
        return text


@click.group(cls=Group, example="baseload credit add acme 25")
def credit() -> None:
    """Put money on a tenant's account."""


@credit.command(cls=Command, example='baseload credit add acme 25 --note "invoice 4711" --id invoice-4711')
@click.argument("tenant")
@click.argument("usd", type=Dollars())
@click.option("--note", default="", help="Why; kept in the audit log.")
@click.option("--id", "told_as", default="", help="Your own id for it: told twice, it is booked once.")
@data_option
@json_option
def add(tenant: str, usd: str, note: str, told_as: str, data: Path, as_json: bool) -> None:
    """Add USD dollars to TENANT's balance; it can be spent at once. The cloud has to run."""
    wanted = {"tenant": tenant, "amount_usd": usd, "note": note, "id": told_as}
    booked = ask(data, "POST", "/admin/topups", wanted)
    if as_json:
        emit(booked)
        return
    click.echo(booked["available_usd"])
    done = "added" if booked["is_new"] else "was added before, under the same id:"
    say(f"{done} ${booked['amount_usd']} to {tenant} ({booked['id']}); it can now spend ${booked['available_usd']}")
