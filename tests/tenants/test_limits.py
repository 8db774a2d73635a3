"""Limits: what may start, what waits, and what the headers say about it."""

from hypothesis import given
from hypothesis import strategies as st

from baseload.tenants import Limits
from baseload.tenants.limits import MINUTE_US

T0 = 1_795_000_000_000_000


def limits(requests: int = 0, tokens: int = 0, concurrency: int = 0) -> Limits:
    return Limits(requests_per_min=requests, tokens_per_min=tokens, concurrency=concurrency, now_us=T0)


def test_no_limits_stop_nothing_and_say_nothing() -> None:
    free = limits()
    assert all(free.admit(10**9, T0).allowed for _ in range(1000))
    assert free.headers() == []


def test_a_minute_holds_so_many_requests_and_refills_evenly() -> None:
    three = limits(requests=3)
    assert [three.admit(1, T0).allowed for _ in range(4)] == [True, True, True, False]
    refused = three.admit(1, T0)
    assert (refused.limit, refused.retry_after_s) == ("requests_per_min", 20.0)
    assert not three.admit(1, T0 + 19_999_999).allowed
    assert three.admit(1, T0 + 20_000_000).allowed


def test_the_wait_it_names_is_the_wait_it_takes() -> None:
    few = limits(tokens=700)
    assert few.admit(650, T0).allowed
    refused = few.admit(123, T0)
    assert refused.limit == "tokens_per_min"
    later = T0 + round(refused.retry_after_s * 1e6)
    assert not few.admit(123, later - 1).allowed
    assert few.admit(123, later).allowed


def test_a_refused_request_takes_nothing() -> None:
    few = limits(requests=5, tokens=100)
    assert few.admit(60, T0).allowed
    assert not any(few.admit(60, T0).allowed for _ in range(3))
    assert few.in_flight == 1
    assert dict(few.headers())[b"x-ratelimit-remaining-requests"] == b"4"


def test_tokens_not_used_come_back() -> None:
    few = limits(tokens=1000)
    assert few.admit(1000, T0).allowed
    few.finish(1000, 100)
    assert dict(few.headers())[b"x-ratelimit-remaining-tokens"] == b"900"
    assert few.admit(900, T0).allowed


def test_only_so_many_at_once() -> None:
    two = limits(concurrency=2)
    assert [two.admit(1, T0).allowed for _ in range(3)] == [True, True, False]
    refused = two.admit(1, T0)
    assert (refused.limit, refused.retry_after_s) == ("concurrency", 1.0)
    two.finish(1, 1)
    assert two.admit(1, T0).allowed


def test_more_than_a_minute_holds_waits_for_a_full_bucket() -> None:
    small = limits(tokens=100)
    assert small.admit(60, T0).allowed
    assert small.admit(5_000, T0).retry_after_s == 36.0
    assert small.admit(5_000, T0 + 36_000_000).allowed
    assert small.admit(1, T0 + 36_000_000).retry_after_s == 4_900 * 0.6 + 0.6


def test_headers_are_named_as_openai_names_them() -> None:
    both = limits(requests=60, tokens=6000)
    both.admit(100, T0)
    assert both.headers() == [
        (b"x-ratelimit-limit-requests", b"60"),
        (b"x-ratelimit-remaining-requests", b"59"),
        (b"x-ratelimit-reset-requests", b"1.000s"),
        (b"x-ratelimit-limit-tokens", b"6000"),
        (b"x-ratelimit-remaining-tokens", b"5900"),
        (b"x-ratelimit-reset-tokens", b"1.000s"),
    ]


@given(per_min=st.integers(1, 1000), steps=st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 50)), max_size=80))
def test_no_minute_lets_more_than_two_minutes_worth_through(per_min: int, steps: list[tuple[int, int]]) -> None:
    """A full bucket plus a minute's refill is the most that any sixty seconds can see."""
    bucket, now, taken = limits(tokens=per_min), T0, []
    for wait, amount in steps:
        now += wait
        if amount <= per_min and bucket.admit(amount, now).allowed:
            taken.append((now, amount))
    for start, _ in taken:
        assert sum(a for t, a in taken if start <= t < start + MINUTE_US) <= 2 * per_min


def test_a_clock_set_back_neither_fills_nor_empties() -> None:
    one = limits(requests=1)
    assert one.admit(1, T0).allowed
    assert not one.admit(1, T0 - 3_600_000_000).allowed
    assert one.admit(1, T0 - 3_600_000_000 + MINUTE_US).allowed
