"""Geometry: nothing is negative, nothing leaves its frame, whatever the numbers are."""

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.console.charts import Step, bar_widths, bars, columns, points, spark, waterfall, waterfall_boxes

VALUE = st.floats(-1e9, 1e9, allow_nan=False)
MAYBE = st.one_of(st.none(), VALUE)


@given(st.lists(st.tuples(VALUE, st.booleans()), min_size=1, max_size=12))
def test_waterfall_boxes_stay_in_their_frame(values: list[tuple[float, bool]]) -> None:
    steps = [Step(label="a", value=v, text="", total=t) for v, t in values]
    for box in waterfall_boxes(steps, 720, 26, 212):
        assert box.width > 0
        assert box.height >= 0
        assert box.x >= 0
        assert box.x + box.width <= 720
        assert box.y >= 26 - 1e-6
        assert box.y + box.height <= 212 + 1e-6


@given(st.lists(VALUE, max_size=20))
def test_bar_widths_are_never_negative_and_never_too_wide(values: list[float]) -> None:
    assert all(0 <= w <= 420 * (1 + 1e-12) for w in bar_widths(values, 420))


@given(st.lists(MAYBE, max_size=80), VALUE, VALUE)
def test_points_stay_in_their_frame(values: list[float | None], a: float, b: float) -> None:
    runs = points(values, min(a, b), max(a, b), 240, 40)
    assert sum(len(run) for run in runs) == sum(v is not None for v in values)
    for x, y in (map(float, p.split(",")) for run in runs for p in run):
        assert 0 <= x <= 240
        assert 0 <= y <= 40


@given(st.lists(MAYBE, max_size=40), st.lists(MAYBE, max_size=40))
def test_no_drawing_has_a_negative_size_or_a_nan(a: list[float | None], b: list[float | None]) -> None:
    known = [("x", v, "y") for v in a if v is not None]
    steps = [Step(label="some long label", value=v, text="t", total=i == 0) for i, (_, v, _) in enumerate(known)]
    for svg in (spark([a, b], "s"), bars(known, "t", ""), columns(known, "t", ""), waterfall(steps, "t", "")):
        assert "nan" not in svg.replace("Nov", "").lower() or "<p" in svg
        assert not re.search(r'(width|height)="-', svg)
        ET.fromstring(svg)


def test_a_loss_is_drawn_as_wide_as_a_gain_and_named_otherwise() -> None:
    svg = bars([("a", 2.0, "2"), ("b", -2.0, "-2")], "t", "")
    widths = re.findall(r'<rect class="(bar[^"]*)" [^>]*width="([\d.]+)"', svg)
    assert [w for _, w in widths] == ["420.0", "420.0"]
    assert [k for k, _ in widths] == ["bar", "bar bar-loss"]


@pytest.mark.parametrize("text", ["<b>", '"', "&"])
def test_labels_are_escaped(text: str) -> None:
    for svg in (bars([(text, 1, text)], text, text), waterfall([Step(label=text, value=1, text=text)], text, text)):
        ET.fromstring(svg)


def test_a_chart_says_what_it_shows_to_those_who_cannot_see_it() -> None:
    svg = bars([("a", 1, "1")], "Cost by model", "Numbers beneath")
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Cost by model"
    assert root.findtext("title") == "Cost by model"
    assert root.findtext("desc") == "Numbers beneath"


def test_an_hour_with_gaps_is_a_broken_line() -> None:
    assert spark([[1.0, 2.0, None, 3.0, 4.0]], "x").count('class="line') == 2
