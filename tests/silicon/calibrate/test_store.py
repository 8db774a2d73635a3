"""The shipped calibration, and files like it."""

import json
from pathlib import Path

import pytest

from baseload.errors import SetupError
from baseload.silicon.calibrate import store
from baseload.silicon.calibrate.calibration import PARTS


def test_the_shipped_file_says_where_it_came_from_and_how_wide_its_bands_are():
    text = (Path(store.__file__).parents[1] / "calibration" / store.SHIPPED).read_text(encoding="utf-8")
    about = json.loads(text)["about"]
    assert {source["file"] for source in about["sources"]} == {"serving_e2e.csv", "serving_sample.csv"}
    made = store.shipped()
    for part in PARTS:
        assert 0 < made.half_width(part, "calibrated") <= made.half_width(part, "datasheet") + 1e-9


def test_writing_and_reading_gives_the_same_again_byte_for_byte(tmp_path: Path):
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    store.write(one, store.shipped(), [{"file": "x.csv", "rows": 1}], "2026-11-24")
    again = store.read(one.read_text(encoding="utf-8"), "one.json")
    store.write(two, again, [{"file": "x.csv", "rows": 1}], "2026-11-24")
    assert one.read_bytes() == two.read_bytes()
    assert again.decode.common == store.shipped().decode.common


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not json", "is not a calibration"),
        ('{"format": 99}', "of format 99"),
        ('{"format": 1}', "is not a calibration"),
    ],
)
def test_a_file_of_something_else_is_refused_in_one_sentence(text: str, words: str):
    with pytest.raises(SetupError, match=words):
        store.read(text, "x.json")


@pytest.mark.parametrize(
    ("combination", "family", "mode"),
    [
        ("B200-SXM trtllm fp8", "trtllm", "calibrated"),
        ("MTIA-400 trtllm fp8", "trtllm", "pooled"),
        ("MTIA-400 nobody fp8", "nobody", "datasheet"),
    ],
)
def test_modes_by_how_many_rows_were_fitted(combination: str, family: str, mode: str):
    assert store.shipped().mode("decode", combination, family) == mode
