"""The live line says the same things in the same order, and keeps out of the way of a log."""

import sys

import pytest

from baseload.cli.live import Reading, Screen, line
from baseload.console.wire import Power, Rates, Requests, State, Trust

STATE = State(
    requests=Requests(total=1200, in_flight=3, queued=2),
    rates=Rates(decode_tokens_per_s=402.0),
    power=Power(watts=14.2, joules_total=51_000.0, kind="modelled"),
    trust=Trust(metered_tokens=153_600),
)


def test_the_line_has_requests_tokens_joules_dollars_and_watts_with_its_mark() -> None:
    assert line(Reading(state=STATE, earned_usd=0.0061)) == (
        "1,200 requests (3 now, 2 waiting) · 153,600 tokens (402/s) · 51 kJ modelled · $0.00610 · 14.2 W modelled"
    )


def test_the_worst_problem_stands_at_the_end() -> None:
    state = State(problems=["the disk is nearly full", "something else"])
    assert line(Reading(state=state, earned_usd=0.0)).endswith(" · ! the disk is nearly full")


def test_where_no_terminal_is_a_line_comes_each_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for second in range(25):
        screen.show(f"at {second}", float(second))
    screen.clear()
    assert capsys.readouterr().err.splitlines() == ["at 0", "at 10", "at 20"]


def test_on_a_terminal_the_line_is_redrawn_and_cut_to_its_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "20")
    screen = Screen()
    screen.show("x" * 50, 0.0)
    screen.show("short", 1.0)
    screen.clear()
    assert capsys.readouterr().err == "\r\x1b[2K" + "x" * 19 + "\r\x1b[2Kshort" + "\r\x1b[2K"
