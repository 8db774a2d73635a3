"""How figures look in a terminal: data on stdout, talk on stderr, `--json` as one object with stable keys."""

import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

_ENCODER = msgspec.json.Encoder(decimal_format="number")

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")


def say(text: str) -> None:
    """Talk and progress: stderr, so that stdout stays data."""
    print(text, file=sys.stderr, flush=True)


def emit(value: Any) -> None:
    """One JSON object on stdout."""
    click.echo(msgspec.json.format(_ENCODER.encode(value), indent=2))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as they need to be; a column whose cells are all figures stands to the right."""
    if not rows:
        return "  (none)"
    columns = list(zip(*rows, strict=True))
    right = [all(_is_figure(cell) for cell in column) for column in columns]
    widths = [max(len(h), *(len(c) for c in column)) for h, column in zip(head, columns, strict=True)]
    lines = [_line(head, widths, right), _line(["─" * w for w in widths], widths, right)]
    return "\n".join(lines + [_line(row, widths, right) for row in rows])


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)]
    return "  ".join(padded).rstrip()


def _is_figure(cell: str) -> bool:
    return cell in {"", "–"} or cell.lstrip("-−$").replace(",", "").replace(".", "").rstrip("%").isdigit()


def cents(amount_usd: float) -> str:
    """A request's price: a small model's answers cost thousandths of a cent, so four significant digits."""
    return f"{amount_usd * 100:.4g} ¢"
