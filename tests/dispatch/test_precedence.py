"""A promise's penalty, reckoned so that no price outbids it."""

from dataclasses import replace

from hypothesis import given, settings

from baseload.dispatch import Reservation, Snapshot, as_running, dispatch, promise_penalty_usd
from baseload.dispatch.running import change_to
from tests.dispatch.cases import one_box, site, snapshots, work


def promised(snapshot: Snapshot) -> Snapshot:
    """All internal work promised at the penalty the helper says."""
    penalty = max(promise_penalty_usd(snapshot, "internal", margin=10.0), 1e-3)
    classes = tuple(
        replace(c, reservation=Reservation(per_s=sum(b.per_s for b in c.blocks), shortfall_usd=penalty))
        if c.id == "internal"
        else c
        for c in snapshot.classes
    )
    return replace(snapshot, classes=classes)


@settings(max_examples=50, deadline=None)
@given(snapshots(reserved=False))
def test_promised_internal_work_is_served_as_if_it_were_alone(snapshot: Snapshot) -> None:
    contended = promised(snapshot)
    on = change_to(contended, {r.id: 1 for r in contended.recipes})
    alone = replace(
        contended, classes=tuple(replace(c, blocks=()) if c.id != "internal" else c for c in contended.classes)
    )
    most = dispatch(alone, on).served_per_s["internal"]
    assert dispatch(contended, on).served_per_s["internal"] >= most - 1e-5


def test_slow_internal_work_needs_a_higher_penalty_than_the_price_it_outbids() -> None:
    """A request that takes four times the chip time must bid four times as much, and margin on top."""
    slow = one_box((work("internal", (1e-5, 1.0)), work("paying", (1e-4, 9.0))), {"internal": 1.0, "paying": 4.0})
    assert promise_penalty_usd(slow, "internal", margin=1.0) == 4e-4
    box = promised(slow)
    assert dispatch(box, as_running(box)).served_per_s["internal"] == 1.0


def test_one_promise_may_outrank_another() -> None:
    low = Reservation(per_s=9.0, shortfall_usd=5e-2)
    box = one_box(
        (work("internal", (1e-5, 3.0)), work("paying", (1e-4, 9.0), reservation=low)),
        {"internal": 4.0, "paying": 4.0},
        sites=(site(envelope_w=1e4),),
    )
    high = promise_penalty_usd(box, "internal", over=("paying",))
    assert high > 5e-2
    first = replace(box.classes[0], reservation=Reservation(per_s=3.0, shortfall_usd=high))
    box = replace(box, classes=(first, box.classes[1]))
    assert dispatch(box, as_running(box)).served_per_s["internal"] == 3.0
