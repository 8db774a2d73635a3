"""Standing orders: Little's law, and room for the protected."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.dispatch import Snapshot, StandingOrder, as_running, dispatch, flex_slots_by_model, standing_orders
from baseload.dispatch.orders import occupancy
from tests.dispatch.cases import one_box, recipe, site, work


def order(box: Snapshot) -> StandingOrder:
    commitment = as_running(box)
    (only,) = standing_orders(box, commitment, dispatch(box, commitment))
    return only


def box(paying_per_s: float, flex_per_s: float, **changes: object) -> Snapshot:
    classes = (
        work("paying", (2e-4, paying_per_s), service_s=2.0),
        work("flex", (5e-5, flex_per_s), tier="flex", service_s=1.6),
    )
    return one_box(classes, {"paying": 8.0, "flex": 10.0}, **changes)


def test_flex_that_must_wait_gets_the_slots_of_its_granted_flow() -> None:
    """Watts for half a replica: 5 flex a second, 1.6 s each, are 8 at once."""
    found = order(box(0.0, 99.0, sites=(site(envelope_w=60.0),)))
    assert found.flex_slots == 8


def test_flex_served_in_full_may_use_every_unprotected_slot() -> None:
    """Two protected at once by Little's law, and 1.645 √2 of headroom: five slots."""
    found = order(box(1.0, 0.5))
    assert (found.slots, found.protected_slots, found.flex_slots) == (16, 5, 11)


def test_one_slot_stays_free_for_protected_work_that_has_not_come_yet() -> None:
    assert order(box(0.0, 0.5)).flex_slots == 15


def test_flex_gets_nothing_where_it_is_not_granted() -> None:
    assert order(box(99.0, 5.0)).flex_slots == 0


def test_service_time_is_slots_over_rate_unless_measured() -> None:
    """At full load a replica with all its slots busy turns over slots ÷ rate: 2 s here."""
    snapshot = box(4.0, 0.0)
    unmeasured = replace(snapshot, classes=tuple(replace(c, service_s=None) for c in snapshot.classes))
    plan = dispatch(unmeasured, as_running(unmeasured))
    assert occupancy(plan, unmeasured.recipes[0], unmeasured.classes[0]) == pytest.approx(8.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 20), st.floats(0, 20), st.integers(1, 4))
def test_orders_never_promise_more_slots_than_there_are(paying: float, flex: float, replicas: int) -> None:
    snapshot = box(paying, flex)
    on = replace(as_running(snapshot), replicas={"chat": replicas}, ready={"chat": float(replicas)})
    plan = dispatch(snapshot, on)
    (found,) = standing_orders(snapshot, on, plan)
    assert 0 <= found.flex_slots <= found.slots - found.protected_slots
    assert found.protected_slots >= replicas
    assert found.flex_slots_per_replica * replicas <= found.flex_slots


def test_slots_add_up_by_model_and_nothing_ready_gives_no_order() -> None:
    two = box(0.0, 1.0)
    two = replace(two, recipes=(*two.recipes, recipe({"paying": 8.0, "flex": 10.0}, id="second")))
    on = replace(as_running(two), replicas={"chat": 1, "second": 1}, ready={"chat": 1.0, "second": 1.0})
    assert flex_slots_by_model(standing_orders(two, on, dispatch(two, on))) == {"m": 30}
    off = replace(on, ready={})
    assert standing_orders(two, off, dispatch(two, off)) == ()
