"""Pieces of a page: sections, tiles, tables and figures, all text escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from baseload.units import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure on its own: what it is, its value with the unit, and a word on it."""

    name: str
    value: str
    note: str
    mark: Mark = Mark.MODELLED


def section(title: str, *parts: str, mark: Mark = Mark.MODELLED) -> str:
    """A finding as its heading, marked, and what bears it out."""
    return f"<section><h2>{escape(title)} {tag(mark)}</h2>{''.join(parts)}</section>"


def tag(mark: Mark) -> str:
    """How a figure came to be, in a small frame."""
    return f'<span class="tag">{escape(mark)}</span>'


def paragraph(text: str) -> str:
    """One paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def tiles(found: Sequence[Tile]) -> str:
    """Figures in a row that wraps."""
    cells = "".join(map(_tile, found))
    return f'<dl class="tiles">{cells}</dl>'


def figure(chart: str, caption: str, mark: Mark = Mark.MODELLED) -> str:
    """A chart with what it shows under it."""
    return f"<figure>{chart}<figcaption>{escape(caption)} ({escape(mark)})</figcaption></figure>"


def beside(*parts: str) -> str:
    """Side by side where there is room."""
    return f'<div class="pair">{"".join(parts)}</div>'


def table(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, best: int = -1, text: int = -1) -> str:
    """Rows of cells; `best` is a row to mark, `text` a column of sentences. It scrolls where it is too wide."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(_row(row, marked=i == best, text=text) for i, row in enumerate(rows))
    label = escape(name, quote=True)
    return (
        f'<div class="scroll" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, *parts: str) -> str:
    """Shown when asked for."""
    return f"<details><summary>{escape(summary)}</summary>{''.join(parts)}</details>"


def _tile(one: Tile) -> str:
    name, value, note, mark = map(escape, (one.name, one.value, one.note, one.mark))
    return f"<div><dt>{name}</dt><dd>{value}<small>{note} · {mark}</small></dd></div>"


def _row(row: Sequence[str], *, marked: bool, text: int) -> str:
    return f'<tr class="best">{_cells(row, text)}</tr>' if marked else f"<tr>{_cells(row, text)}</tr>"


def _cells(row: Sequence[str], text: int) -> str:
    return "".join(
        f'<td class="text">{escape(c)}</td>' if j == text else f"<td>{escape(c)}</td>" for j, c in enumerate(row)
    )
