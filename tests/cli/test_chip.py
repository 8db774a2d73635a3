"""`baseload chip list` and `show` tell the catalogue's numbers, each with who says it."""

import json

from tests.cli.conftest import run


def test_the_list_has_every_chip_with_its_figures_and_their_kinds() -> None:
    listed = {row["id"]: row for row in json.loads(run("chip", "list", "--json").stdout)["chips"]}
    assert len(listed) > 60
    h100 = listed["H100-SXM"]
    assert h100["max_w"] == {"value": 700.0, "kind": "vendor", "mark": "assumed"}
    assert h100["price_usd"]["mark"] == "modelled"
    assert h100["fp4_tflops"] is None
    assert h100["year"] == 2022


def test_the_printed_list_says_what_its_letters_mean() -> None:
    text = run("chip", "list").stdout
    (line,) = [line for line in text.splitlines() if line.startswith("H100-SXM ")]
    assert "3,350 v" in line and "31,905 e" in line
    assert "v vendor, a assumed: assumed; e estimate: modelled" in text


def test_a_chip_is_shown_by_an_alias_with_every_fact_and_its_source() -> None:
    shown = json.loads(run("chip", "show", "gb200 (per gpu, nvl72)", "--json").stdout)
    assert shown["id"] == "GB200"
    assert "gb200-nvl72" in shown["aliases"]
    assert set(shown) == {"id", "name", "aliases", "vendor", "kind", "memory_type", "note", "facts"}
    price = shown["facts"]["price_usd"]
    assert set(price) == {"value", "low", "high", "unit", "kind", "mark", "date", "source", "url", "note"}
    assert (price["value"], price["unit"], price["mark"], price["date"]) == (35000, "USD", "modelled", "2026-05-15")


def test_a_shown_chip_reads_as_a_table() -> None:
    text = run("chip", "show", "MTIA-2i").stdout
    assert text.startswith(
        "MTIA-2i: Meta MTIA 2i (Meta, accelerator, LPDDR5)\nalso called MTIA 2i (MTIA 200), MTIA 200\n"
    )
    assert "dense; 708 is 2:4 sparse" in text


def test_an_unknown_chip_is_answered_with_the_nearest() -> None:
    result = run("chip", "show", "H100-SMX")
    assert result.exit_code == 1
    assert result.stderr.startswith("baseload: the catalogue has no chip 'H100-SMX'; did you mean 'H100-SXM'")
    assert result.stdout == ""
