"""`baseload chip cost` tells a chip's bill with its spread and its sources."""

import json
from typing import Any

import pytest

from tests.cli.conftest import run

LINES = ["die", "yield_loss", "memory", "package", "test", "scrap", "made", "margin", "nre", "chip", "server", "total"]
KEYS = {
    *(
        "chip",
        "date",
        "volume_chips",
        "seller",
        "seed",
        "draws",
        "mark",
        "lines",
        "embodied_carbon",
        "inputs",
        "note",
        "dies",
    ),
}


def test_the_bill_of_an_h100_adds_up_and_names_its_sources() -> None:
    result = run("chip", "cost", "H100-SXM", "--date", "2026-02", "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert set(answer) == KEYS
    assert [line["line"] for line in answer["lines"]] == LINES
    mid = {line["line"]: line["mid_usd"] for line in answer["lines"]}
    assert mid["made"] == pytest.approx(sum(mid[name] for name in LINES[:6]))
    assert mid["total"] == pytest.approx(mid["made"] + mid["margin"] + mid["nre"] + mid["server"])
    assert 3000 < mid["made"] < 5875
    assert all(fact["source"] and fact["date"] and fact["mark"] for fact in answer["inputs"])
    assert {"line", "mid_kg", "p10_kg", "p50_kg", "p90_kg"} == set(answer["embodied_carbon"][0])


def test_volume_spreads_what_is_paid_once() -> None:
    def nre(volume: int) -> float:
        answer = json.loads(run("chip", "cost", "MTIA-2i", "--volume", volume, "--date", "2026-02", "--json").stdout)
        return float(next(line["mid_usd"] for line in answer["lines"] if line["line"] == "nre"))

    assert nre(100_000) == pytest.approx(10 * nre(1_000_000))


def told(*options: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("chip", "cost", "H100-SXM", "--json", *options).stdout)
    return answer


def test_a_day_that_no_source_speaks_of_holds_the_last_prices_and_says_so() -> None:
    late, last = told("--date", "2100-12"), told("--date", "2027-07")
    assert late["lines"] == last["lines"]
    assert "no source speaks of prices after 2027-06" in late["note"]
    assert "note: no source speaks" in run("chip", "cost", "H100-SXM", "--date", "2100-12").stdout
    assert (
        "before the first figure of wafer_price_n5_n4 (2025-07), hbm3_price (2024-07)"
        in told("--date", "2000-01")["note"]
    )
    assert told("--date", "2026-11")["note"] is None


def test_dies_can_be_counted_on_a_grid_and_yield_by_a_textbook() -> None:
    usual, other = (
        told("--date", "2026-02", *more)["dies"][0] for more in ((), ("--placed", "--yield-model", "murphy"))
    )
    assert (usual["yield_model"], usual["placed"], other["yield_model"], other["placed"]) == (
        "harvested", False, "murphy", True,
    )  # fmt: skip
    assert other["dies_per_wafer"] > usual["dies_per_wafer"]  # 60 to 65 on reticle maps, 57.6 by formula
    assert other["good_fraction"] == pytest.approx(0.468, abs=0.001)
    assert usual["good_fraction"] > 0.7


def test_a_person_sees_lines_marks_and_sources() -> None:
    said = run("chip", "cost", "MI300X", "--date", "2026-02", "--seed", "3").stdout
    assert "yield loss" in said and "= total" in said and "(assumed)" in said
    assert "p10" in said and "p90" in said and "seed 3" in said
    assert "siliconanalysts.com" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["TPU v5p"], 1, "nothing public says what TPU-v5p is made of; chips with a parts list: A100"),
        (["H100-SMX"], 1, "no chip 'H100-SMX'; did you mean 'H100-SXM'"),
        (["H100-SXM", "--date", "May"], 2, "'May' is not a month; write it as 2026-11"),
        (["H100-SXM", "--date", "2026-13"], 2, "is not a month"),
        (["H100-SXM", "--date", "²000-01"], 2, "'²000-01' is not a month"),
        (["H100-SXM", "--yield-model", "hope"], 2, "'hope' is not one of 'harvested'"),
        (["H100-SXM", "--volume", "0"], 2, "0.0 is not in the range"),
    ],
)
def test_a_wrong_question_is_answered_in_a_sentence(arguments: list[str], code: int, said: str) -> None:
    result = run("chip", "cost", *arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
