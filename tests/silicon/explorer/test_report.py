"""The report: one file, no other host, no script, every figure marked, whole or not there."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from baseload.errors import SetupError
from baseload.silicon.explorer import Exploration, explore, to_json
from baseload.silicon.explorer.report import page, write
from baseload.silicon.explorer.report.svg import Axis, Series, number, plot, stacked, ticks, tornado
from baseload.silicon.explorer.report.svg import scale as scaled
from tests.silicon.explorer.mixes import mix

VOID = {"meta", "br", "path", "rect", "circle"}


@pytest.fixture(scope="module")
def found() -> Exploration:
    return explore(mix(), seed=2, population=24, generations=3)


@pytest.fixture(scope="module")
def text(found: Exploration) -> str:
    return page(found)


class Balance(HTMLParser):
    """Opens and closes, and whatever leads elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.wrong += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "srcset", "action", "style"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


def test_the_report_is_whole_html_that_leads_nowhere(text: str) -> None:
    parser = Balance()
    parser.feed(text)
    parser.close()
    assert parser.wrong == []
    assert parser.open == []
    assert text.startswith("<!doctype html>")
    assert '<html lang="en">' in text


def test_the_report_names_no_other_host_and_runs_nothing(text: str) -> None:
    body = re.sub(r"<td class=\"text\">.*?</td>", "", text)
    assert re.findall(r"https?://", body) == []
    assert re.findall(r"\b(?:src|href)\s*=|url\(|@import|<script|<link|<iframe|\bon\w+=", text) == []


def test_every_section_and_figure_is_marked(text: str) -> None:
    marks = ("measured", "modelled", "assumed")
    headings = re.findall(r"<h2>.*?</h2>", text)
    captions = re.findall(r"<figcaption>.*?</figcaption>", text)
    tiles = re.findall(r"<dd>.*?</dd>", text)
    assert len(headings) >= 8
    assert len(captions) >= 6
    for piece in headings + captions + tiles:
        assert any(mark in piece for mark in marks), piece


def test_every_chart_has_a_title_and_stays_in_its_frame(text: str) -> None:
    charts = re.findall(r"<svg viewBox=\"0 0 (\d+) (\d+)\".*?</svg>", text, re.DOTALL)
    assert len(charts) >= 7
    assert len(re.findall(r"<svg [^>]*role=\"img\" aria-label=\"[^\"]+\"><title>", text)) == len(charts)
    for width, _ in charts:
        assert width == "480"
    assert "nan" not in text.casefold().replace("nanosheets", "")


def test_both_themes_and_narrow_pages_are_in_the_style(text: str) -> None:
    assert "prefers-color-scheme: dark" in text
    assert "width=device-width" in text
    assert "overflow-x: auto" in text


def test_a_name_from_the_traffic_file_is_text_and_never_markup(found: Exploration) -> None:
    named = replace(found, traffic=replace(found.traffic, name="<script>alert(1)</script> & co"))
    shown = page(named)
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in shown


def test_the_report_is_written_whole(found: Exploration, text: str, tmp_path: Path) -> None:
    write(found, tmp_path / "chip.html")
    assert (tmp_path / "chip.html").read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["chip.html"]


def test_a_report_that_cannot_be_put_in_place_leaves_nothing(found: Exploration, tmp_path: Path) -> None:
    (tmp_path / "chip.html").mkdir()
    with pytest.raises(SetupError, match="cannot write"):
        write(found, tmp_path / "chip.html")
    assert [p.name for p in tmp_path.iterdir()] == ["chip.html"]


def test_the_json_has_no_value_that_json_lacks(found: Exploration) -> None:
    import json

    told = json.loads(json.dumps(to_json(found), allow_nan=False))
    assert told["pareto"][0]["name"] == told["chosen"] == "design-1"
    assert told["ratio_to_bought"] == pytest.approx(found.ratio)
    assert told["mark"] == "modelled"


def test_scales_cover_their_values_and_ticks_are_round() -> None:
    log = scaled([0.03, 1.4], 400, True)
    assert log.at(0.03) > 0
    assert log.at(1.4) < 400
    assert ticks(log) == pytest.approx([0.05, 0.1, 0.2, 0.5, 1.0])
    assert ticks(scaled([0.0, 93.0], 400, False)) == pytest.approx([0, 20, 40, 60, 80])
    assert [number(x) for x in (0.0312, 5.5, 999, 1234, 56_000, 7.3e6, 2e9)] == [
        "0.0312", "5.5", "999", "1,234", "56k", "7.3M", "2G",
    ]  # fmt: skip


def test_charts_of_one_point_or_equal_values_are_drawn() -> None:
    axis = Axis(title="x")
    assert "<circle" in plot("one", axis, axis, [Series(name="a", kind="a", shape="dot", points=[(1.0, 1.0)])])
    assert "<rect" in stacked("nothing", [("row", [("part", 0.0)])], "W")
    assert "<rect" in tornado("flat", [("input", 1.0, 1.0, False)], 1.0, 1.0)
