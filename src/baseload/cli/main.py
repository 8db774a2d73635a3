"""The root of the command line: `baseload <noun> <verb>`."""

import click

from baseload import __version__
from baseload.cli.bench import bench
from baseload.cli.chat import chat
from baseload.cli.chip import chip
from baseload.cli.config import config
from baseload.cli.credit import credit
from baseload.cli.dispatch import dispatch
from baseload.cli.keys import keys
from baseload.cli.ledger import ledger
from baseload.cli.pnl import pnl
from baseload.cli.root import Root
from baseload.cli.status import status
from baseload.cli.up import up
from baseload.cli.usage import usage


@click.group(
    cls=Root,
    example="baseload up",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="baseload")
def main() -> None:
    """Run, account for and plan an AI cloud."""


for command in (up, chat, status, keys, credit, usage, pnl, dispatch, chip, config, ledger, bench):
    main.add_command(command)
