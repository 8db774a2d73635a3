"""`baseload chip`: how fast, how hot, how dear a chip is."""

import click

from baseload.cli.chip_catalog import list_chips, show_chip
from baseload.cli.chip_measure import measure
from baseload.cli.chip_train import train
from baseload.cli.root import Group


@click.group(cls=Group, example="baseload chip show H100-SXM")
def chip() -> None:
    """Chips: what the catalogue says of them, with its sources."""


for command in (list_chips, show_chip, train, measure):
    chip.add_command(command)
