"""The root of the command line: `baseload <noun> <verb>`."""

import click

from baseload import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="baseload")
def main() -> None:
    """Run, account for and plan an AI cloud."""
