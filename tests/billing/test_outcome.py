"""emitted = billed + lost, whatever happened; nobody pays for a prompt that came to nothing."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from baseload.billing.outcome import REASONS, Outcome, Try, bill, fault
from baseload.units import Mark, Micros, Millijoule
from tests.billing.making import outcome


@st.composite
def tries(draw: st.DrawFn) -> Try:
    emitted = draw(st.integers(0, 1000))
    return Try(
        replica="r",
        prefilled=draw(st.integers(0, 1000)),
        emitted=emitted,
        delivered=draw(st.integers(0, emitted)),
        reason=draw(st.sampled_from(sorted(REASONS))),  # type: ignore[arg-type]
        count_mark=draw(st.sampled_from(["counted", "estimated"])),
        started_us=Micros(1),
        ended_us=Micros(2),
    )


def told(ts: list[Try], prompt: int) -> Outcome:
    found = bill(ts, prompt)
    return Outcome(
        attempts=found.attempts,
        tok_in=found.tok_in,
        tok_cached=None,
        tok_out=found.tok_out,
        energy_mj=Millijoule(0),
        energy_kind=Mark.MODELLED,
        finish="stop",
        pool="p",
        replica="r",
        first_token_us=None,
        queue_us=0,
        now_us=Micros(3),
    )


@given(ts=st.lists(tries(), max_size=5), prompt=st.integers(0, 2000))
def test_every_token_is_billed_or_lost(ts: list[Try], prompt: int) -> None:
    found = bill(ts, prompt)
    assert sum(t.emitted for t in ts) == sum(a.billed for a in found.attempts) + sum(a.lost for a in found.attempts)
    assert found.tok_out == sum(t.delivered for t in ts)
    assert fault(told(ts, prompt)) is None


@given(ts=st.lists(tries(), max_size=5), prompt=st.integers(1, 2000))
def test_a_prompt_is_billed_once_or_not_at_all(ts: list[Try], prompt: int) -> None:
    found = bill(ts, prompt)
    served = found.tok_out > 0 or any(t.reason == "completed" for t in ts)
    assert found.tok_in == (prompt if served else 0)
    assert sum(a.prefill_billed for a in found.attempts) <= found.tok_in
    assert all(a.prefill_billed <= a.prefilled for a in found.attempts)


def test_the_second_prefill_after_preemption_is_lost() -> None:
    first = Try(
        replica="r", prefilled=100, emitted=7, delivered=7, reason="preempted", count_mark="counted",
        started_us=Micros(1), ended_us=Micros(2),
    )  # fmt: skip
    found = bill([first, replace(first, prefilled=107, emitted=3, delivered=3, reason="completed")], prompt=100)
    assert [(a.prefill_billed, a.prefilled - a.prefill_billed) for a in found.attempts] == [(100, 0), (0, 107)]
    assert (found.tok_in, found.tok_out) == (100, 10)


def test_faults_are_named() -> None:
    good = outcome(prompt=10, emitted=5)
    attempt = good.attempts[0]
    assert fault(good) is None
    cases = {
        "numbered 2": replace(good, attempts=(replace(attempt, n=2),)),
        "unknown reason": replace(good, attempts=(replace(attempt, reason="bored"),)),  # type: ignore[arg-type]
        "≠ billed": replace(good, attempts=(replace(attempt, lost=1),)),
        "or delivered": replace(good, attempts=(replace(attempt, delivered=4),)),
        "prefilled tokens": replace(good, attempts=(replace(attempt, prefill_billed=11),)),
        "tok_out 4": replace(good, tok_out=4),
        "tok_in 9": replace(good, tok_in=9),
        "nothing was delivered": replace(outcome(emitted=0, reason="cancelled"), tok_in=1),
        "tok_cached 11": replace(good, tok_cached=11),
        "out of range": replace(good, queue_us=-1),
    }
    for text, bad in cases.items():
        assert text in (fault(bad) or ""), text
