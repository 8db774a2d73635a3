"""`baseload ledger`: the proof that the books add up."""

from dataclasses import asdict
from pathlib import Path

import click

from baseload.cli.books import now_us, reading
from baseload.cli.place import data_option
from baseload.cli.root import ANSWER_IS_NO, Command, Group
from baseload.cli.show import emit, json_option


@click.group(cls=Group, example="baseload ledger verify")
def ledger() -> None:
    """Prove the books."""


@ledger.command(cls=Command, example="baseload ledger verify --json")
@data_option
@json_option
def verify(data: Path, as_json: bool) -> None:
    """Look at every invariant of the books. Exit code 3 when one does not hold."""
    from baseload.billing.verify import verify as look

    now = now_us()
    with reading(data) as conn:
        checks = look(conn, now)
    broken = [check for check in checks if check.violations]
    if as_json:
        emit({"ok": not broken, "as_of_us": now, "checks": [asdict(check) for check in checks]})
    else:
        for check in checks:
            click.echo(f"{'holds ' if not check.violations else 'BROKEN'} {check.id:>4}  {check.claim}")
            for example in check.examples:
                click.echo(f"             {example}")
            if check.violations > len(check.examples):
                click.echo(f"             and {check.violations - len(check.examples):,} more")
        click.echo(f"{len(checks) - len(broken)} of {len(checks)} invariants hold")
    if broken:
        click.get_current_context().exit(ANSWER_IS_NO)
