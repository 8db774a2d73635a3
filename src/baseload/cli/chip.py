"""`baseload chip`: any chip, bought or designed: how fast, how hot, how dear."""

import click

from baseload.cli.chip_catalog import list_chips, show_chip
from baseload.cli.chip_cost import chip_cost
from baseload.cli.chip_explore import chip_explore
from baseload.cli.chip_measure import measure
from baseload.cli.chip_predict import compare_chips, predict_chip
from baseload.cli.chip_simulate import chip_simulate
from baseload.cli.chip_train import train
from baseload.cli.chip_validate import calibrate_chips, validate_chips
from baseload.cli.root import Group


@click.group(cls=Group, example="baseload chip show H100-SXM")
def chip() -> None:
    """How fast, how hot and how dear a chip is, bought or designed."""


COMMANDS = (
    list_chips,
    show_chip,
    predict_chip,
    compare_chips,
    chip_simulate,
    validate_chips,
    calibrate_chips,
    chip_cost,
    train,
    chip_explore,
    measure,
)
for command in COMMANDS:
    chip.add_command(command)
