"""`baseload credit add` puts money in, exactly, through the gateway that runs."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Fake, run

BOOKED = {
    "tenant": "acme",
    "id": "invoice-1",
    "amount_usd": "12.5",
    "is_new": True,
    "available_usd": "37.5",
    "available_nano": 37_500_000_000,
    "as_of_us": 1,
}


def test_the_amount_travels_as_it_was_written(data: Path, fake: Fake) -> None:
    fake.answers["POST /admin/topups"] = (201, BOOKED)
    result = run("credit", "add", "acme", "12.50", "--note", "paid", "--id", "invoice-1", "--data", data)
    assert (result.exit_code, result.stdout) == (0, "37.5\n")
    assert "added $12.5 to acme" in result.stderr
    assert fake.asked[0][2] == {"tenant": "acme", "amount_usd": "12.50", "note": "paid", "id": "invoice-1"}


def test_told_twice_it_says_so(data: Path, fake: Fake) -> None:
    fake.answers["POST /admin/topups"] = (200, BOOKED | {"is_new": False})
    assert "before" in run("credit", "add", "acme", "12.50", "--id", "invoice-1", "--data", data).stderr


def test_as_json_it_is_the_gateways_answer(data: Path, fake: Fake) -> None:
    fake.answers["POST /admin/topups"] = (201, BOOKED)
    assert json.loads(run("credit", "add", "acme", "12.50", "--data", data, "--json").stdout) == BOOKED


@pytest.mark.parametrize("amount", ["much", "0", "nan", "inf", "12,50"])
def test_an_amount_that_is_none_is_misuse(data: Path, fake: Fake, amount: str) -> None:
    result = run("credit", "add", "acme", amount, "--data", data)
    assert result.exit_code == 2
    assert "12.50" in result.stderr
    assert fake.asked == []


def test_without_a_running_cloud_it_says_how_to_start_one(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    result = run("credit", "add", "acme", "5", "--data", tmp_path)
    assert result.exit_code == 1
    assert "is not running; start it with: baseload up" in result.stderr
