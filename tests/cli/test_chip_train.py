"""`baseload chip train` prices a run, shows its ranges, and refuses what it cannot price."""

import json

import pytest

from tests.cli.conftest import run

LLAMA = ("chip", "train", "--chip", "H100-SXM", "--model", "Llama-3.1-405B", "--chips", "16384", "--tokens", "15.6T")


def test_json_has_bands_with_units_in_their_keys() -> None:
    answer = json.loads(run(*LLAMA, "--tp", "8", "--pp", "16", "--json").stdout)
    assert (answer["tp"], answer["pp"], answer["dp"], answer["mark"]) == (8, 16, 128, "modelled")
    assert answer["chip_hours"]["central"] == pytest.approx(30.84e6, rel=0.12)  # its model card
    for key in ("mfu", "effective", "step_s", "tokens_per_s", "checkpoint_every_s", "wall_days", "energy_j", "usd"):
        assert answer[key]["low"] <= answer[key]["central"] <= answer[key]["high"], key
    assert sum(answer["parts_s"].values()) == pytest.approx(answer["step_s"]["central"])


def test_the_table_says_that_it_is_modelled_and_who_priced_it() -> None:
    text = run(*LLAMA).stdout
    assert "modelled" in text
    assert "Priced by the catalogue's rent" in text
    assert "compute binds" in text


def test_the_same_seed_gives_the_same_answer() -> None:
    assert run(*LLAMA, "--json").stdout == run(*LLAMA, "--json").stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--chip", "H100-SXN"), "did you mean"),
        (("--model", "Llama-3.1-504B"), "did you mean"),
        (("--chip", "A100-SXM-80GB", "--precision", "fp8"), "A100-SXM-80GB has no fp8 arithmetic"),
        (("--chips", "8"), "GB too many on each"),
        (("--tp", "16"), "tensor parallel may be 1 to 8"),
        (("--tokens", "lots"), "is no number of tokens"),
    ],
)
def test_bad_input_is_one_sentence(options: tuple[str, ...], said: str) -> None:
    result = run(*LLAMA, *options)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr
