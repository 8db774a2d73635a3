"""The command line: one file per command group; data on stdout, talk on stderr."""

from baseload.cli.main import main

__all__ = ["main"]
