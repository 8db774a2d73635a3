"""How every command behaves: an example first in its help, one line on stderr when it fails, and an exit code.

0 done · 1 failed · 2 misuse · 3 the answer is no.
"""

import errno
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from baseload.errors import BaseloadError, DescriptionError

FAILED = 1
ANSWER_IS_NO = 3

ADVICE = {
    errno.ENOSPC: "the disk is full; free some space, or give another directory with --data",
    errno.EACCES: "no permission; give a directory of your own with --data, or change its owner",
    errno.EPERM: "no permission; give a directory of your own with --data, or change its owner",
    errno.EROFS: "the file system is read-only; give another directory with --data",
}
"""What to do about the errors of the machine that a person can answer; all others surface whole."""


class _WithExample(click.Command):
    example: str

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, then the usage: people copy the first line they see."""
        if self.example:
            formatter.write("Example:\n")
            for line in self.example.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")
            formatter.write_paragraph()
        super().format_usage(ctx, formatter)


class Command(_WithExample):
    """A command whose help opens with an example."""

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        self.example = example
        super().__init__(*args, **kwargs)


class Group(_WithExample, click.Group):
    """A noun with its verbs; its help opens with an example too."""

    command_class = Command

    def __init__(self, *args: Any, example: str = "", **kwargs: Any) -> None:
        self.example = example
        super().__init__(*args, **kwargs)


class Root(Group):
    """The root translates once: whatever goes wrong becomes one line on stderr and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        try:
            code = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.UsageError as e:
            where = e.ctx.command_path if e.ctx else "baseload"
            leave(e.exit_code, f"{e.format_message()} See: {where} --help")
        except click.ClickException as e:
            leave(e.exit_code, e.format_message())
        except click.Abort:
            leave(FAILED, "stopped")
        except DescriptionError as e:
            leave(FAILED, _with_all_faults(e))
        except BaseloadError as e:
            leave(FAILED, str(e))
        except OSError as e:
            if e.errno not in ADVICE:
                raise
            leave(FAILED, f"{e.filename or 'writing'}: {ADVICE[e.errno]}")
        sys.exit(code if isinstance(code, int) else 0)


def leave(code: int, message: str) -> NoReturn:
    """Say one thing on stderr and go."""
    print(f"baseload: {message}", file=sys.stderr)
    sys.exit(code)


def answer_no(message: str) -> NoReturn:
    """The question was understood and the answer is no: exit code 3."""
    leave(ANSWER_IS_NO, message)


def _with_all_faults(error: DescriptionError) -> str:
    count = len(error.faults)
    return f"{count} fault{'s' if count != 1 else ''} in the description\n" + "\n".join(f"  {f}" for f in error.faults)
