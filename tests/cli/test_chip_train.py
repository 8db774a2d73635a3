"""`baseload chip train` prices a run, shows its ranges, and refuses what it cannot price."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import run

LLAMA = ("chip", "train", "--chip", "H100-SXM", "--model", "Llama-3.1-405B", "--chips", "16384", "--tokens", "15.6T")
RANKING = ("chip", "train", "--chip", "H100-SXM", "--model", "ranking-dlrm-dcnv2")


def test_json_has_bands_with_units_in_their_keys() -> None:
    answer = json.loads(run(*LLAMA, "--tp", "8", "--pp", "16", "--json").stdout)
    assert (answer["tp"], answer["pp"], answer["dp"], answer["mark"]) == (8, 16, 128, "modelled")
    assert answer["chip_hours"]["central"] == pytest.approx(30.84e6, rel=0.12)  # its model card
    for key in ("mfu", "effective", "step_s", "tokens_per_s", "checkpoint_every_s", "wall_days", "energy_j", "usd"):
        assert answer[key]["low"] <= answer[key]["central"] <= answer[key]["high"], key
    assert sum(answer["parts_s"].values()) == pytest.approx(answer["step_s"]["central"])


def test_a_ranking_model_is_trained_and_served_in_samples_a_second() -> None:
    answer = json.loads(run(*RANKING, "--json").stdout)
    assert set(answer) == {"chip", "model", "precision", "training", "serving", "seed", "draws", "mark"}
    assert answer["mark"] == "modelled"
    for work in ("training", "serving"):
        one = answer[work]
        assert one["chips"] == one["chips_for_capacity"] == 2  # 104.5 GB of tables on chips of 72 usable
        each = one["samples_per_s_per_chip"]
        assert each["low"] < each["central"] < each["high"]
        assert one["samples_per_s"]["central"] == pytest.approx(2 * each["central"])
        assert one["binds"] in ("bandwidth", "compute", "network")
    page = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
    section = page.split("## baseload chip train")[1].split("\n## ")[0]
    assert [key for key in (*answer, *answer["training"]) if f"`{key}`" not in section] == []


def test_a_ranking_model_in_words_says_what_binds_and_how_many_chips() -> None:
    text = run(*RANKING, "--chips", "8").stdout
    assert "training" in text and "serving" in text and "samples/s" in text
    assert "90 % of 4,000 draws" in text
    result = run(*RANKING, "--chips", "1")
    assert result.exit_code == 1
    assert "do not fit 1 chip by" in result.stderr


def test_a_language_model_needs_chips_and_tokens() -> None:
    result = run("chip", "train", "--chip", "H100-SXM", "--model", "Llama-3.1-8B")
    assert result.exit_code == 2
    assert "say --chips and --tokens" in result.stderr


def test_the_table_says_that_it_is_modelled_and_who_priced_it() -> None:
    text = run(*LLAMA).stdout
    assert "modelled" in text
    assert "Priced by the catalogue's rent" in text
    assert "compute binds" in text
    assert "90 % of 4,000 draws of all ranges together, seed 0" in text


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
        (("--seed", "-1"), "-1 is not in the range"),
        (("--model", "ranking-dlrm-dcnv3"), "did you mean 'ranking-dlrm-dcnv2'"),
        (("--model", "DLRMv2"), "--tokens: of language models only"),
    ],
)
def test_bad_input_is_one_sentence(options: tuple[str, ...], said: str) -> None:
    result = run(*LLAMA, *options)
    assert result.exit_code in (1, 2)
    assert said in result.stderr
    assert "Traceback" not in result.stderr
