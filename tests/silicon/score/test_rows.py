"""Whatever a row says, it is scored or left out with a reason that counts; it never ends the command."""

import csv
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.silicon.calibrate.store import shipped
from baseload.silicon.estimate import Estimate
from baseload.silicon.score.errors import Scored, report
from baseload.silicon.score.rows import answers
from baseload.silicon.score.serving import predict_serving
from baseload.silicon.validate import predict_rows, validate
from tests.silicon.calibrate.test_observation import ROW
from tests.silicon.score.test_files import written

DATA = Path(__file__).parents[3] / "benchmarks" / "data" / "validation"
FILES = {
    "serving": "serving_e2e.csv",
    "gemm": "kernels_gemm.csv",
    "attention": "kernels_attention.csv",
    "allreduce": "kernels_allreduce.csv",
    "checks": "silicon_checks.csv",
}
ODD = (
    *("", "0", "-5", "1.5", "1e300", "inf", "nan", "x", "(fp8)", "9" * 400, "²", "TP0", "DEP0", "TP1 PP0"),
    *("P:1x(TP0) D:1x(TP2)", "static", "concurrency=0", "target_qps=.", "0000", "0% yield", "M=0 N=0 K=0"),
    *("1x H100 SXM TP0", "one decode step, batch 0, KV 0", "all_reduce", "attention_decode", "power", "cost", "W"),
)


def first(kind: str) -> dict[str, str]:
    with (DATA / FILES[kind]).open(encoding="utf-8", newline="") as file:
        return next(csv.DictReader(file))


FIRST = {kind: first(kind) for kind in FILES}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("word", ["suspect", " Suspect", "SUSPECT "])
def test_suspect_rows_of_any_kind_are_never_scored(kind: str, word: str):
    row = FIRST[kind] | {"quality": ""}
    sure, left = predict_rows([row, row | {"quality": word}], kind)
    assert isinstance(sure, Estimate)
    assert left == "quality is suspect"


@given(kind=st.sampled_from(sorted(FILES)), data=st.data())
def test_any_text_in_any_cell_is_answered_with_a_finite_figure_or_a_reason(kind: str, data: st.DataObject):
    row = dict(FIRST[kind])
    for column in data.draw(st.lists(st.sampled_from(sorted(row.keys() - {"value"})), min_size=1, max_size=3)):
        row[column] = data.draw(st.sampled_from(ODD))
    (answer,) = answers([row], kind, shipped())
    assert answer
    assert isinstance(answer, str) or all(map(isfinite, (answer.value, answer.low, answer.high)))


def test_a_row_does_not_take_the_others_with_it():
    bad = {**ROW, "isl": "1e300"}
    alone, reason, again = predict_rows([ROW, bad, ROW])
    assert alone == again
    assert reason == "the number of input tokens is not believable"


def test_a_row_that_breaks_the_arithmetic_of_all_is_found_and_left_out(monkeypatch: pytest.MonkeyPatch):
    from baseload.silicon.score import serving

    whole = serving.table

    def table(observations):  # type: ignore[no-untyped-def]
        if any(o.concurrency == 13 for o in observations):
            raise OverflowError
        return whole(observations)

    monkeypatch.setattr(serving, "table", table)
    good, bad = predict_serving([ROW, {**ROW, "concurrency_or_mode": "concurrency=13"}], shipped())
    assert isinstance(good, Estimate)
    assert bad == "its figures are beyond what can be computed with"


def test_a_published_value_of_zero_counts_as_no_error_at_all():
    zero, tiny = predict_rows([FIRST["checks"] | {"value": value} for value in ("0.0", "1e-320")], "checks")
    assert zero == "published value is 0: no relative error"
    assert tiny == "the value is not believable"


def test_names_of_one_chip_and_model_fall_into_one_group(tmp_path: Path):
    other = {**ROW, "chip": "h100 sxm", "model": "llama-3.1-70b"}
    found, _ = validate([written(tmp_path / "m.csv", [ROW, other])])
    assert [(g.chip, g.model, g.n) for g in found.groups] == [("H100-SXM", "Llama-3.1-70B", 2)]


def test_names_that_the_catalogue_lacks_stay_as_they_are(tmp_path: Path):
    _, ((_, (scored,)),) = validate([written(tmp_path / "m.csv", [{**ROW, "chip": "Abacus", "model": "Sum"}])])
    assert (scored.chip, scored.model, scored.answer) == ("Abacus", "Sum", "chip 'Abacus' is not in the catalogue")


def test_equal_reasons_count_together():
    answer = predict_rows([{**ROW, "isl": isl} for isl in ("-5", "0", "1e300")])
    rows = [Scored(metric="tpot_ms", chip="", model="", value=1.0, answer=a) for a in answer]
    assert report(rows).left_out == {"the number of input tokens is not believable": 3}
