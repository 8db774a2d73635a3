"""Rows of validation files: predicted in their unit, or left out for a reason that can be counted."""

import pytest

from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.kernels.row import case_of
from baseload.silicon.kernels.score import score_rows, speak_to, speaks_to
from tests.silicon.kernels.measured import FILES, rows


@pytest.mark.parametrize("name", FILES.values())
def test_every_measured_row_is_predicted(name: str) -> None:
    given = rows(name)
    assert all(speaks_to(row) for row in given)
    guesses = score_rows(given)
    assert [guess for guess in guesses if isinstance(guess, str)] == []


def test_predictions_come_in_the_unit_of_the_row() -> None:
    row = rows(FILES["gemm"])[0]
    assert speak_to(row | {"unit": "ms"}).value == pytest.approx(speak_to(row).value / 1000)
    with pytest.raises(LeftOut, match="unit 'W' is not a time"):
        speak_to(row | {"unit": "W"})


@pytest.mark.parametrize("name", FILES.values())
def test_a_unit_that_is_not_stated_is_taken_for_microseconds_and_said(name: str) -> None:
    row = {column: text for column, text in rows(name)[0].items() if column not in ("unit", "source")}
    made = speak_to(row)
    assert made.value == pytest.approx(speak_to(row | {"unit": "us", "source": ""}).value)
    assert "microseconds assumed" in made.assumption


def test_what_cannot_be_predicted_says_why() -> None:
    gemm = rows(FILES["gemm"])[0]
    assert score_rows([gemm | {"op": "moe"}]) == ["kernel moe is not modelled"]
    assert score_rows([gemm | {"m": "many"}]) == ["the number of m is not a number"]
    assert score_rows([gemm | {"m": "-1"}]) == ["the number of m is not believable"]
    assert score_rows([gemm | {"op": "all_reduce"}]) == ["the number of message_bytes is not stated"]
    (said,) = score_rows([gemm | {"chip": "A100-SXM-80GB", "precision": "nvfp4"}])
    assert isinstance(said, str)
    assert "has no fp4 arithmetic" in said
    assert score_rows([gemm | {"chip": "H101"}]) == ["chip 'H101' is not in the catalogue"]


def test_the_tools_messages_count_values_and_others_count_bytes() -> None:
    row = rows(FILES["all_reduce"])[0]
    counted, plain = case_of(row), case_of(row | {"source": "nccl-tests"})
    assert float(counted.quantities["ring_s"]) == pytest.approx(2 * float(plain.quantities["ring_s"]))
