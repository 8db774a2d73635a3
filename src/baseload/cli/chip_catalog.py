"""`baseload chip list` and `baseload chip show`: the catalogue's chips, every number with who says it."""

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table


@click.command("list", cls=Command, example="baseload chip list")
@json_option
def list_chips(as_json: bool) -> None:
    """The chips of the catalogue: memory, bandwidth, peaks, watts and price."""
    from baseload.catalog import catalog
    from baseload.cli import chip_facts as facts

    chips = list(catalog().chips.values())
    if as_json:
        emit({"chips": [facts.row(chip) for chip in chips]})
        return
    click.echo(table(facts.HEAD, [facts.cells(chip) for chip in chips]))
    click.echo(facts.LEGEND)


@click.command("show", cls=Command, example="baseload chip show H100-SXM")
@click.argument("name", metavar="CHIP")
@json_option
def show_chip(name: str, as_json: bool) -> None:
    """Everything the catalogue says of a chip: each number, its range, and who says it of what day."""
    from baseload.catalog import chip as find
    from baseload.cli import chip_facts as facts

    chip = find(name)
    found = facts.facts_of(chip)
    if as_json:
        emit({**facts.names(chip), "facts": {key: facts.told(fact) for key, fact in found.items()}})
        return
    click.echo("\n".join(facts.heading(chip)))
    click.echo(table(facts.FACT_HEAD, [facts.line(key, fact) for key, fact in found.items()]))
