"""The P&L in a terminal: no figure without its mark, and nothing but what `--json` says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseload.billing.pnl import to_json
from baseload.cli.statement import text
from tests.billing.pnl_book import Book, opened

MARK = "(?:measured|modelled|assumed)"


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with opened(tmp_path / "ledger.db") as found:
        yield found


def sold(book: Book) -> str:
    name = book.sale(tok_in=1_000_000, tok_out=500_000, nano=2_000_000_000)
    book.window({name: 1_800_000_000}, idle=1_080_000_000, overhead=720_000_000)
    return text(to_json(book.statement()))


def test_every_dollar_has_its_mark(book: Book) -> None:
    drawn = sold(book)
    assert len(re.findall(r"\$[\d,.]+", drawn)) >= 3 * 3 + 6
    assert re.findall(rf"\$[\d,.]++(?! {MARK}\b).*", drawn) == []


def test_what_was_sold_is_measured_and_what_it_cost_is_assumed(book: Book) -> None:
    rows = [line.split() for line in sold(book).splitlines()]
    for name in ("external", "acme", "m"):
        row = next(r for r in rows if r[:1] == [name])
        assert row[2::2] == ["measured", "assumed", "assumed"]
        assert row[1] == "$2.000000"


def test_every_row_of_figures_has_its_mark_and_an_undefined_one_its_reason(book: Book) -> None:
    drawn = text(to_json(book.statement()))
    assert drawn.count("  nothing sold") == 3
    assert re.search(r"margin +undefined share +assumed  \(.+\)", drawn)
    heads = [line for line in drawn.splitlines() if line.startswith("  ") and "nothing sold" not in line]
    assert [line for line in heads if not re.search(rf" {MARK}\b", line)] == []


def test_the_cost_adds_up_in_the_drawing(book: Book) -> None:
    went = sold(book).split("Where the cost went\n")[1].split("\n\n")[0]
    *parts, total = [float(amount.replace(",", "")) for amount in re.findall(r"\$([\d,.]+)", went)]
    assert sum(parts) == pytest.approx(total, abs=1e-5)
    assert "lines − total = 0 nano-dollars" in went
