"""The merit order: margins by finite steps, reasons by name."""

import pytest
from hypothesis import given, settings

from baseload.dispatch import MeritRow, Reason, Reservation, Snapshot, as_running, dispatch, merit_order
from baseload.dispatch.running import change_to
from tests.dispatch.cases import one_box, recipe, site, snapshots, work


def rows(snapshot: Snapshot) -> dict[str, MeritRow]:
    return {r.class_id: r for r in merit_order(snapshot, as_running(snapshot))}


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_each_class_has_one_row_that_agrees_with_the_plan(snapshot: Snapshot) -> None:
    on = change_to(snapshot, {r.id: 1 for r in snapshot.recipes})
    plan = dispatch(snapshot, on)
    found = merit_order(snapshot, on)
    assert sorted(r.class_id for r in found) == sorted(c.id for c in snapshot.classes)
    for row in found:
        assert row.waits_per_s == pytest.approx(plan.asked_per_s[row.class_id] - row.served_per_s, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(snapshots(reserved=False))
def test_work_waits_only_where_its_price_does_not_beat_its_cost(snapshot: Snapshot) -> None:
    on = change_to(snapshot, {r.id: 1 for r in snapshot.recipes})
    for row in merit_order(snapshot, on):
        if row.waits_per_s > 1e-4 and row.margin_usd_per_h is not None:
            assert row.margin_usd_per_h <= 1e-4


def test_flex_is_outbid_by_what_it_would_displace() -> None:
    found = rows(one_box((work("paying", (2e-4, 9.0)), work("flex", (5e-5, 9.0))), {"paying": 4.0, "flex": 4.0}))
    assert found["flex"].reason is Reason.WAITS_FOR_CHIPS
    assert found["flex"].marginal_cost_usd_per_h == pytest.approx(3600 * 2e-4)
    assert found["flex"].margin_usd_per_h == pytest.approx(-3600 * 1.5e-4)
    assert list(found) == ["paying", "flex"]


def test_flex_pays_for_energy_alone_where_nothing_is_displaced() -> None:
    found = rows(one_box((work("flex", (5e-5, 1.0)),), {"flex": 4.0}))
    assert found["flex"].reason is Reason.SERVED
    assert found["flex"].marginal_cost_usd_per_h == pytest.approx(100 / 4 * 0.1 / 1000)


def test_watts_are_named_when_watts_bind() -> None:
    found = rows(one_box((work("flex", (5e-5, 9.0)),), {"flex": 4.0}, sites=(site(envelope_w=60.0),)))
    assert found["flex"].reason is Reason.WAITS_FOR_WATTS


def test_slow_work_waits_for_a_reservation_that_fast_work_may_use() -> None:
    promise = Reservation(per_s=3.0, shortfall_usd=1e-2, recall_s=1.0)
    box = one_box(
        (
            work("internal", (2e-5, 0.0), reservation=promise),
            work("paying", (2e-4, 9.0), clear_s=30.0),
            work("flex", (5e-5, 9.0), clear_s=0.1),
        ),
        {"internal": 4.0, "paying": 4.0, "flex": 4.0},
    )
    found = rows(box)
    assert found["internal"].reason is Reason.NOTHING_ASKED
    assert found["paying"].reason is Reason.WAITS_FOR_RESERVATION
    assert found["flex"].reason is Reason.WAITS_FOR_CHIPS


def test_a_promise_runs_at_a_loss_and_comes_first() -> None:
    promise = Reservation(per_s=2.0, shortfall_usd=1e-2)
    box = one_box(
        (work("paying", (2e-4, 9.0)), work("internal", (1e-5, 2.0), reservation=promise)),
        {"paying": 4.0, "internal": 4.0},
    )
    found = merit_order(box, as_running(box))
    assert [r.class_id for r in found] == ["internal", "paying"]
    assert found[0].reason is Reason.SERVED_AS_PROMISED
    assert found[0].margin_usd_per_h == pytest.approx(3600 * (1e-5 - 2e-4))


def test_each_plain_reason_has_its_name() -> None:
    promise = Reservation(per_s=9.0, shortfall_usd=1e-2)
    classes = (
        work("broken", (1e-4, 9.0), reservation=promise),
        work("cheap", (1e-9, 1.0)),
        work("slow", (1e-4, 1.0)),
        work("off", (1e-4, 1.0), model="other"),
    )
    box = one_box(
        classes,
        {"broken": 4.0, "cheap": 4.0},
        recipes=(recipe({"broken": 4.0, "cheap": 4.0}), recipe({"off": 4.0}, id="other", model="other")),
    )
    found = rows(box)
    assert found["broken"].reason is Reason.PROMISE_BROKEN
    assert found["cheap"].reason is Reason.PRICE_BELOW_COST
    assert found["slow"].reason is Reason.NO_ELIGIBLE_RECIPE
    assert found["off"].reason is Reason.NO_REPLICA_ON
    assert found["off"].margin_usd_per_h is None


def test_the_names_of_reasons_are_pinned() -> None:
    assert [str(r) for r in Reason] == [
        "nothing_asked",
        "served",
        "served_as_promised",
        "promise_broken",
        "waits_for_chips",
        "waits_for_watts",
        "waits_for_reservation",
        "price_below_cost",
        "no_replica_on",
        "no_eligible_recipe",
    ]
