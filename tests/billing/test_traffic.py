"""The measured mix of a small ledger comes out as counted by hand, and what is no traffic stays out of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.billing.traffic import SILENT, Measured, _mix, _Seen, measure_traffic
from baseload.config.traffic import Spread, problems
from baseload.config.traffic_io import traffic_from_toml, traffic_to_toml
from baseload.store import read_only
from baseload.units import Micros
from tests.billing.pnl_book import Book, opened

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
FROM = Micros(20_000 * DAY_US)
TO = Micros(FROM + 2 * DAY_US)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with opened(tmp_path / "ledger.db") as found:
        yield found


def ask(book: Book, at: int = FROM, **more: Any) -> None:
    """One answered request: 100 tokens in, 11 out, first token after 50 ms, the others 10 ms apart."""
    book.requests += 1
    name = f"req_{book.requests}"
    business = more.get("business", "external")
    book.conn.execute("INSERT OR IGNORE INTO tenant VALUES (?, ?, 'prepaid', 'default', 0)", (business, business))
    book.conn.execute("INSERT OR IGNORE INTO project VALUES (?, ?, 'default', 0)", (f"{business}/p", business))
    row = {
        "source": "gw", "event_id": name, "request_id": name, "tenant_id": business, "project_id": f"{business}/p",
        "key_id": "k", "model": "m", "pool": "p", "replica": "m-0", "tier": "default", "business": business,
        "occurred_us": at + 150_000, "recorded_us": at + 151_000, "admitted_us": at, "first_token_us": at + 50_000,
        "queue_us": 0, "tok_in": 100, "tok_cached": None, "tok_out": 11, "energy_mj": 0, "energy_kind": "modelled",
        "finish": "stop", "price_ver": "b/m", "amount_nano": 1, "count_mark": "counted", "payload_hash": b"0" * 32,
    }  # fmt: skip
    book.insert("usage_event", row | more)


def measured(book: Book, from_us: int = FROM, to_us: int = TO, **more: Any) -> Measured:
    reader = read_only(book.path)
    try:
        return measure_traffic(reader, name="box", from_us=Micros(from_us), to_us=Micros(to_us), **more)
    finally:
        reader.close()


def test_a_mix_counted_by_hand_comes_out(book: Book) -> None:
    """Ten external requests with 10, 20 … 100 tokens in, five internal ones, five of flex, one hour after another."""
    for n in range(10):
        ask(book, FROM, tok_in=10 * (n + 1), tok_cached=5 * (n + 1) if n < 5 else None)
    for n in range(5):
        ask(book, FROM + HOUR_US, business="internal", tok_out=1 + n)
        ask(book, FROM + 25 * HOUR_US, business="internal" if n else "external", tier="flex")
    mix = measured(book).traffic
    assert mix is not None
    assert (mix.requests, mix.requests_per_s) == (20, pytest.approx(20 / 172_800, rel=1e-5))
    assert (mix.since, mix.until) == ("2024-10-04T00:00:00Z", "2024-10-06T00:00:00Z")
    assert mix.hours[:3] == (0.5, 0.5, 0.0)
    external, flex, internal = mix.classes
    assert [(c.model, c.tier, c.share) for c in mix.classes] == [
        ("m", "external", 0.5), ("m", "flex", 0.25), ("m", "internal", 0.25),
    ]  # fmt: skip
    assert external.input_tokens == Spread(mean=55, p50=50, p90=90, p99=100)
    assert external.cached_fraction == pytest.approx((5 + 10 + 15 + 20 + 25) / 150)
    assert external.measured_ttft_ms == Spread(mean=50, p50=50, p90=50, p99=50)
    assert external.measured_tpot_ms == Spread(mean=10, p50=10, p90=10, p99=10)
    assert (flex.cached_fraction, flex.slo) == (None, None)
    assert internal.output_tokens == Spread(mean=3, p50=3, p90=5, p99=5)
    assert internal.measured_tpot_ms is not None
    assert internal.measured_tpot_ms.p99 == 100  # two tokens, 100 ms apart; one token alone has no pace
    assert traffic_from_toml(traffic_to_toml(mix)) == mix


@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(1, 10_000), min_size=1, max_size=40))
def test_percentiles_are_the_nearest_rank_and_shares_add_up(
    lengths: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(tmp_path_factory.mktemp("books") / "ledger.db") as book:
        for n, length in enumerate(lengths):
            ask(book, FROM + n * HOUR_US, tok_in=length, business="internal" if n % 3 else "external")
        mix = measured(book).traffic
    assert mix is not None
    assert sum(mix.hours) == pytest.approx(1, abs=1e-4)
    assert sum(one.share for one in mix.classes) == pytest.approx(1, abs=1e-4)
    for one in mix.classes:
        mine = sorted(x for n, x in enumerate(lengths) if ("internal" if n % 3 else "external") == one.tier)
        for percent, value in ((50, one.input_tokens.p50), (90, one.input_tokens.p90), (99, one.input_tokens.p99)):
            assert value == mine[-(-percent * len(mine) // 100) - 1]


def test_rehearsals_and_what_nobody_was_billed_for_are_left_out_and_counted(book: Book) -> None:
    ask(book, FROM + 1)
    ask(book, FROM + 2, price_ver="twin")
    ask(book, FROM + 3, tok_in=0, tok_out=0, finish="engine_died", first_token_us=None)
    ask(book, FROM + 4, tok_out=3, finish="client_hangup")
    found = measured(book)
    assert found.traffic is not None
    assert found.traffic.requests == 2
    assert found.left_out == {"answered by a simulated engine": 1, "engine_died": 1}


def test_only_what_was_admitted_in_the_period_counts(book: Book) -> None:
    for at in (FROM - 1, FROM, TO - 1, TO):
        ask(book, at)
    mix = measured(book).traffic
    assert mix is not None
    assert mix.requests == 2


def test_a_record_that_begins_later_makes_the_period_shorter(book: Book) -> None:
    ask(book, TO - HOUR_US)
    found = measured(book)
    assert found.from_us == TO - HOUR_US
    assert found.traffic is not None
    assert found.traffic.requests_per_s == pytest.approx(1 / 3600, rel=1e-5)


def test_models_are_called_what_the_catalogue_calls_them_and_two_names_of_one_model_are_one(book: Book) -> None:
    ask(book, model="chat")
    ask(book, model="chat-2")
    mix = measured(book, models={"chat": "Llama-3.1-8B", "chat-2": "Llama-3.1-8B"}).traffic
    assert mix is not None
    assert [(one.model, one.share) for one in mix.classes] == [("Llama-3.1-8B", 1.0)]


def test_an_empty_period_has_no_mix(book: Book) -> None:
    assert measured(book).traffic is None


def test_a_class_that_answered_no_token_is_left_out_and_counted(book: Book) -> None:
    """Clients that always leave before the first token: a class without output has no length to plan for."""
    ask(book, FROM)
    for n in range(3):
        ask(book, FROM + n, business="internal", tok_out=0, finish="client_hangup", first_token_us=None)
    found = measured(book)
    assert found.traffic is not None
    assert (found.traffic.requests, [one.tier for one in found.traffic.classes]) == (1, ["external"])
    assert sum(found.traffic.hours) == pytest.approx(1)
    assert found.left_out == {SILENT: 3}
    assert list(problems(found.traffic)) == []


def test_only_silence_is_no_mix_but_counted(book: Book) -> None:
    ask(book, tok_out=0, finish="client_hangup", first_token_us=None)
    assert measured(book) == Measured(traffic=None, from_us=FROM, to_us=TO, left_out={SILENT: 1})


def test_a_period_within_one_second_still_has_two_ends(book: Book) -> None:
    ask(book, TO - 200_000, recorded_us=TO - 1)
    mix = measured(book, to_us=TO - 100).traffic
    assert mix is not None
    assert (mix.since, mix.until) == ("2024-10-05T23:59:59.800000Z", "2024-10-05T23:59:59.999900Z")
    assert traffic_from_toml(traffic_to_toml(mix)) == mix


def test_the_smallest_share_is_above_zero() -> None:
    """One request beside three million."""
    seen = {("m", tier): _Seen(hours=[n] + [0] * 23) for tier, n in (("external", 3_000_000), ("flex", 1))}
    for one in seen.values():
        for column in (one.input_tokens, one.output_tokens):
            column.extend([10.0] * one.hours[0])
    mix = _mix("box", FROM, TO, seen)
    assert mix.classes[1].share == pytest.approx(1 / 3_000_001, rel=1e-5)
    assert traffic_from_toml(traffic_to_toml(mix)) == mix


def test_times_that_no_clock_could_tell_apart_are_left_out(book: Book) -> None:
    ask(book, first_token_us=FROM, occurred_us=FROM)
    mix = measured(book).traffic
    assert mix is not None
    assert (mix.classes[0].measured_ttft_ms, mix.classes[0].measured_tpot_ms) == (None, None)
