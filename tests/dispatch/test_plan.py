"""Economic dispatch: limits hold, values come out as they should, and always an answer."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from baseload.dispatch import Commitment, Dispatcher, Plan, Reservation, Snapshot, as_running, commit, dispatch
from baseload.dispatch.running import change_to
from tests.dispatch.cases import one_box, recipe, site, snapshots, work
from tests.dispatch.oracle import best

EASE = 1e-6


def everything_on(snapshot: Snapshot) -> Commitment:
    """A commitment that does not look at limits: the plan must cope."""
    return change_to(snapshot, {r.id: 1 for r in snapshot.recipes})


def idle_w(snapshot: Snapshot, commitment: Commitment) -> float:
    nodes = sum(p.nodes * p.node_idle_w for p in snapshot.pools)
    return nodes + sum(commitment.replicas[r.id] * r.idle_w for r in snapshot.recipes)


def value(snapshot: Snapshot, commitment: Commitment) -> float:
    return dispatch(snapshot, commitment).value_usd_per_h


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_served_never_exceeds_asked_and_work_is_conserved(snapshot: Snapshot) -> None:
    plan = dispatch(snapshot, everything_on(snapshot))
    for c in snapshot.classes:
        assert 0 <= plan.served_per_s[c.id] <= plan.asked_per_s[c.id] + EASE
        assert sum(plan.work_per_s[c.id].values()) == pytest.approx(plan.served_per_s[c.id], abs=1e-5)
        assert sum(plan.served_blocks_per_s[c.id]) == pytest.approx(plan.served_per_s[c.id], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_envelope_and_capacity_hold_or_the_break_is_named_with_its_watts(snapshot: Snapshot) -> None:
    commitment = everything_on(snapshot)
    plan = dispatch(snapshot, commitment)
    place = snapshot.sites[0]
    over = {b.id: b.amount for b in plan.breaks if b.kind == "envelope"}.get("home", 0.0)
    assert over == pytest.approx(max(0.0, idle_w(snapshot, commitment) * place.pue - place.envelope_w), abs=1e-6)
    assert plan.watts["home"] <= place.envelope_w + over + 1e-3
    for r in snapshot.recipes:
        assert plan.busy[r.id] <= commitment.ready[r.id] + EASE


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_a_shortfall_is_named_with_what_is_missing(snapshot: Snapshot) -> None:
    plan = dispatch(snapshot, everything_on(snapshot))
    broken = {b.id: b.amount for b in plan.breaks if b.kind == "reservation"}
    for c in snapshot.classes:
        promised = min(c.reservation.per_s, plan.asked_per_s[c.id]) if c.reservation else 0.0
        missing = max(0.0, promised - plan.served_per_s[c.id])
        assert broken.get(c.id, 0.0) == pytest.approx(missing, abs=1e-4)


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_more_watts_never_lower_value_and_bring_ever_less(snapshot: Snapshot) -> None:
    commitment = everything_on(snapshot)
    steps = [replace(snapshot, sites=(replace(snapshot.sites[0], envelope_w=w),)) for w in (0, 90, 180, 270, 360)]
    values = [value(s, commitment) for s in steps]
    gains = [b - a for a, b in pairwise(values)]
    assert all(g >= -1e-6 for g in gains)
    assert all(later <= earlier + 1e-6 for earlier, later in pairwise(gains))


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_a_warm_solve_says_what_a_cold_one_says(snapshot: Snapshot) -> None:
    commitment = everything_on(snapshot)
    warm = Dispatcher(snapshot)
    for factor, speed in ((1.0, 1.0), (0.3, 1.0), (1.7, 40.0), (1.7, 0.01)):
        changed = replace(
            snapshot,
            recipes=tuple(
                replace(r, rates_per_s={c: rate * speed for c, rate in r.rates_per_s.items()}) for r in snapshot.recipes
            ),
            classes=tuple(
                replace(c, blocks=tuple(replace(b, per_s=b.per_s * factor) for b in c.blocks)) for c in snapshot.classes
            ),
        )
        hot, cold = warm.solve(changed, commitment), dispatch(changed, commitment)
        assert hot.value_usd_per_h == pytest.approx(cold.value_usd_per_h, rel=1e-6, abs=1e-6)
        assert hot.revenue_usd_per_h == pytest.approx(
            sum(
                b.price_usd * served * 3600
                for c in changed.classes
                for b, served in zip(c.blocks, hot.served_blocks_per_s[c.id], strict=True)
            )
        )
        for c in changed.classes:
            assert sum(hot.work_per_s[c.id].values()) == pytest.approx(hot.served_per_s[c.id], rel=1e-5, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(snapshots(reserved=False))
def test_work_earns_what_every_corner_of_the_textbook_program_says(snapshot: Snapshot) -> None:
    small = replace(
        snapshot,
        recipes=snapshot.recipes[:2],
        classes=tuple(replace(c, blocks=c.blocks[:1]) for c in snapshot.classes[:2]),
        current=(),
    )
    commitment = everything_on(small)
    plan = dispatch(small, commitment)
    watt_usd = small.sites[0].pue * small.sites[0].tariff_usd_per_kwh / 1000
    busy_usd = sum(plan.busy[r.id] * r.busy_w for r in small.recipes) * watt_usd
    oracle = best(small, dict(commitment.ready), idle_w(small, commitment))
    assert plan.revenue_usd_per_h - busy_usd == pytest.approx(oracle, rel=1e-5, abs=1e-5)


def test_internal_before_paying_before_flex_comes_out_of_values_alone() -> None:
    """Internal pays least and still goes first, by its penalty; paying outbids flex by its price."""
    rates = {"internal": 4.0, "paying": 4.0, "flex": 4.0}
    promise = Reservation(per_s=2.0, shortfall_usd=4e-4)
    asked = (work("flex", (5e-5, 9.0)), work("internal", (2e-5, 2.0), reservation=promise), work("paying", (2e-4, 3.0)))
    for capacity, served in ((1.5, (1.5, 0, 0)), (4.0, (2.0, 2.0, 0)), (6.0, (2.0, 3.0, 1.0))):
        box = one_box(asked, rates)
        plan = dispatch(box, replace(as_running(box), ready={"chat": capacity / 4.0}))
        got = tuple(plan.served_per_s[k] for k in ("internal", "paying", "flex"))
        assert got == pytest.approx(served, abs=1e-6)


def test_an_idle_reservation_is_lent_only_to_work_that_clears_in_time() -> None:
    rates = {"internal": 4.0, "paying": 4.0, "flex": 4.0}
    promise = Reservation(per_s=3.0, shortfall_usd=1e-2, recall_s=1.0)
    internal = work("internal", (2e-5, 0.0), reservation=promise)
    paying, flex = work("paying", (2e-4, 9.0), clear_s=30.0), work("flex", (5e-5, 9.0), clear_s=0.1)
    box = one_box((internal, paying, flex), rates)
    plan = dispatch(box, as_running(box))
    assert plan.standby_per_s["internal"] == pytest.approx(3.0)
    assert plan.served_per_s["paying"] == pytest.approx(1.0)
    assert plan.served_per_s["flex"] == pytest.approx(3.0)


def test_a_promise_beyond_the_box_breaks_by_the_missing_amount() -> None:
    box = one_box(
        (work("internal", (1e-5, 7.0), reservation=Reservation(per_s=6.0, shortfall_usd=1.0)),), {"internal": 4.0}
    )
    plan = dispatch(box, as_running(box))
    assert [str(b) for b in plan.breaks] == ["the reservation of class 'internal' is short by 2 requests/s"]
    assert plan.breaks[0].unit == "requests/s"
    assert plan.penalty_usd_per_h == pytest.approx(2 * 3600)


def test_replicas_too_hot_for_the_envelope_still_get_an_answer() -> None:
    box = one_box((work("paying", (1e-4, 1.0)),), {"paying": 4.0}, sites=(site(envelope_w=4.0),))
    plan = dispatch(box, as_running(box))
    assert plan.served_per_s["paying"] == 0
    assert [(b.kind, b.id, b.amount) for b in plan.breaks] == [("envelope", "home", pytest.approx(6.0))]


def test_equal_prices_tie_the_same_way_each_time_and_in_value_in_any_order() -> None:
    rates = {"a": 4.0, "b": 4.0, "c": 4.0}
    tied = [work(k, (1e-4, 3.0)) for k in rates]
    first = one_box(tied, rates)
    plans = [dispatch(first, as_running(first)) for _ in range(3)]
    assert plans[0] == plans[1] == plans[2]
    turned = one_box(tied[::-1], rates)
    assert value(turned, as_running(turned)) == pytest.approx(plans[0].value_usd_per_h)
    assert sum(plans[0].served_per_s.values()) == pytest.approx(4.0)


def test_energy_dearer_than_the_price_leaves_the_work_undone() -> None:
    box = one_box((work("flex", (1e-6, 4.0)),), {"flex": 1.0}, sites=(site(tariff_usd_per_kwh=1.0),))
    assert dispatch(box, as_running(box)).served_per_s["flex"] == 0


def test_cents_and_gigawatts_give_the_same_plan_in_proportion() -> None:
    """Scaling: prices a million times smaller and a site a million times larger move no decision."""
    classes = (work("paying", (2e-4, 3.0)), work("flex", (5e-5, 9.0)))
    small = one_box(classes, {"paying": 4.0, "flex": 4.0}, sites=(site(envelope_w=85.0),))
    large = replace(
        small,
        sites=(site(envelope_w=85e6, tariff_usd_per_kwh=1e-7),),
        recipes=(recipe({"paying": 4e6, "flex": 4e6}, idle_w=10e6, busy_w=100e6),),
        classes=(work("paying", (2e-10, 3e6)), work("flex", (5e-11, 9e6))),
    )
    a, b = (dispatch(s, as_running(s)) for s in (small, large))
    assert _scaled(a, 1e6) == pytest.approx(_scaled(b, 1.0), rel=1e-5)


def _scaled(plan: Plan, by: float) -> list[float]:
    return [x * by for x in plan.served_per_s.values()]


def test_nothing_at_all_is_a_plan_too() -> None:
    empty = Snapshot(sites=(site(),), pools=(), recipes=(), classes=())
    assert dispatch(empty, commit(empty)).value_usd_per_h == 0
