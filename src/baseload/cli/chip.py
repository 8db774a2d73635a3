"""`baseload chip`: any chip, bought or designed: how fast, how hot, how dear."""

import click

from baseload.cli.chip_catalog import list_chips, show_chip
from baseload.cli.chip_cost import chip_cost
from baseload.cli.chip_explore import chip_explore
from baseload.cli.root import Group


@click.group(cls=Group, example="baseload chip show H100-SXM")
def chip() -> None:
    """How fast, how hot and how dear a chip is, bought or designed."""


for command in (list_chips, show_chip, chip_cost, chip_explore):
    chip.add_command(command)
