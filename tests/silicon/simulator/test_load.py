"""Loads are what they say they are, and a trace file is read whole or not at all."""

from pathlib import Path

import numpy as np
import pytest

from baseload.errors import DescriptionError, SetupError
from baseload.silicon.simulator import Fixed, Load, LogNormal, Mix, Prefixes, Seen, closed_loop, poisson, replay
from tests.silicon.simulator.cases import BUSY, CHAT

GOOD = "arrival_s,input_tokens,output_tokens,prefix_id,prefix_tokens,priority\n"


def test_log_normal_lengths_have_the_mean_and_the_p90_they_were_asked_for() -> None:
    drawn = LogNormal(mean=1000, p90=2000).draw(400_000, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(1000, rel=0.01)
    assert np.percentile(drawn, 90) == pytest.approx(2000, rel=0.01)
    assert drawn.min() >= 1
    assert LogNormal(mean=5, p90=5).draw(9, np.random.default_rng(1)).tolist() == [5] * 9


def test_lengths_as_seen_are_drawn_from_what_was_seen() -> None:
    drawn = Seen([3, 30, 300]).draw(9000, np.random.default_rng(1))
    assert sorted(set(drawn.tolist())) == [3, 30, 300]
    assert drawn.mean() == pytest.approx(111, rel=0.05)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LogNormal(mean=100, p90=300),
        lambda: LogNormal(mean=100, p90=90),
        lambda: Fixed(0),
        lambda: Seen([]),
        lambda: Seen([4, 0]),
        lambda: Prefixes(count=0, tokens=5),
        lambda: Mix(input=Fixed(1), output=Fixed(1), priorities={}),
        lambda: poisson(CHAT, requests=5, rate_per_s=0, seed=1),
        lambda: poisson(CHAT, requests=0, rate_per_s=1, seed=1),
        lambda: closed_loop(CHAT, requests=5, clients=0, seed=1),
    ],
)
def test_a_load_that_makes_no_sense_is_refused(make: object) -> None:
    with pytest.raises(SetupError):
        make()  # type: ignore[operator]


def test_a_load_by_hand_says_all_that_is_wrong_with_it() -> None:
    good = {
        "arrival_s": np.array([0.0, 1.0, np.inf]), "input_tokens": np.array([5, 5, 5]), "priority": np.zeros(3, int),
        "output_tokens": np.ones(3, int), "prefix": np.full(3, -1), "prefix_tokens": np.zeros(3, int),
    }  # fmt: skip
    assert Load(**good).clients == 2
    with pytest.raises(SetupError, match="arrival_s .* request 1 .* output_tokens .* request 2 .* prefix_tokens"):
        Load(**good | {"arrival_s": [0.0, -1.0, 2.0] * np.ones(3), "output_tokens": np.array([1, 1, 0]),
                       "prefix_tokens": np.array([6, 0, 0])})  # fmt: skip
    with pytest.raises(SetupError, match="arrival_s"):
        Load(**good | {"arrival_s": np.array([0.0, np.nan, 2.0])})
    with pytest.raises(SetupError, match="of one length"):
        Load(**good | {"prefix": np.zeros(2, int)})


def test_another_rate_asks_the_same_requests_at_other_times() -> None:
    slow, fast = (poisson(BUSY, requests=500, rate_per_s=rate, seed=9) for rate in (1.0, 4.0))
    assert slow.arrival_s == pytest.approx(4 * fast.arrival_s)
    for name in ("input_tokens", "output_tokens", "prefix", "priority"):
        assert (getattr(slow, name) == getattr(fast, name)).all()


def test_a_mix_has_the_shares_of_classes_and_prefixes_it_was_asked_for() -> None:
    load = poisson(BUSY, requests=50_000, rate_per_s=1, seed=4)
    assert [(load.priority == p).mean() for p in (0, 1, 5)] == pytest.approx([0.2, 0.5, 0.3], abs=0.01)
    assert (load.prefix >= 0).mean() == pytest.approx(0.7, abs=0.01)
    assert (load.prefix_tokens <= load.input_tokens).all()
    assert 1 / np.diff(load.arrival_s).mean() == pytest.approx(1, rel=0.02)


def test_a_trace_is_replayed_in_the_order_of_its_arrivals(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD + "7.5,100,10,chat,64,1\n5,20,3,,,\n\n6.25,80,9,chat,32,0\n")
    load = replay(tmp_path / "t.csv")
    assert load.arrival_s.tolist() == [0.0, 1.25, 2.5]
    assert load.input_tokens.tolist() == [20, 80, 100]
    assert load.output_tokens.tolist() == [3, 9, 10]
    assert load.prefix.tolist() == [-1, 0, 0]
    assert load.prefix_tokens.tolist() == [0, 32, 64]
    assert load.priority.tolist() == [0, 0, 1]
    assert load.clients == 0


def test_without_prefix_tokens_a_prefix_is_as_long_as_its_shortest_prompt(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("arrival_s,input_tokens,output_tokens,prefix_id\n0,100,1,a\n1,70,1,a\n2,50,1,\n")
    load = replay(tmp_path / "t.csv")
    assert load.prefix_tokens.tolist() == [70, 70, 0]
    assert load.prefix.tolist() == [0, 0, -1]


def test_every_fault_of_a_trace_is_told_with_its_line_and_column(tmp_path: Path) -> None:
    rows = ["0,10,1,a,5,0", "x,10,1,a,5,0", "1,0,1.5,a,50,high", "2,10,1", "nan,1,1,,0,0", "3,1,1,,1,0"]
    (tmp_path / "t.csv").write_text(GOOD + "\n".join(rows))
    with pytest.raises(DescriptionError) as caught:
        replay(tmp_path / "t.csv")
    said = [(f.line, f.message) for f in caught.value.faults]
    assert [(line, message.split(":")[0]) for line, message in said] == [
        (3, "arrival_s"),
        (4, "input_tokens"),
        (4, "prefix_tokens"),
        (4, "output_tokens"),
        (4, "priority"),
        (5, "has 3 cells, the header 6"),
        (6, "arrival_s"),
        (7, "prefix_tokens"),
    ]
    assert "'x'" in said[0][1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column 'arrival_s' is missing"),
        ("arrival_s,input_tokens,output_tokens\n0,1,1\n", "column 'prefix_id' is missing"),
        (GOOD, "has no requests"),
        ("arrival_s,arrival_s,input_tokens,output_tokens,prefix_id\n0,0,1,1,\n", "column 'arrival_s' is there 2 times"),
    ],
)
def test_a_trace_without_its_columns_or_rows_says_so(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DescriptionError, match=said):
        replay(tmp_path / "t.csv")


def test_short_names_of_columns_will_do_and_others_are_noted_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("arrival,input,output,prefix,user\n0,100,1,a,ann\n1,70,2,,bob\n")
    said: list[str] = []
    load = replay(tmp_path / "t.csv", said.append)
    assert load.input_tokens.tolist() == [100, 70]
    assert load.prefix.tolist() == [0, -1]
    assert len(said) == 1
    assert "not read: 'user'" in said[0]
    (tmp_path / "t.csv").write_text("arrival,arrival_s,input,output,prefix\n0,0,100,1,\n")
    with pytest.raises(DescriptionError, match="'arrival_s' is there 2 times"):
        replay(tmp_path / "t.csv")


def test_a_trace_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="cannot be read"):
        replay(tmp_path / "nowhere.csv")
