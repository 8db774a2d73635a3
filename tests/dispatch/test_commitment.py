"""Unit commitment: whole replicas on whole nodes, as good as trying everything."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from baseload.dispatch import Commitment, Limits, Running, Snapshot, commit, dispatch, relaxation_usd_per_h
from baseload.dispatch.running import change_to, now
from tests.dispatch.cases import one_box, pool, recipe, site, snapshots, work
from tests.dispatch.oracle import commitments, fits

EXACT = Limits(time_s=10.0, gap=1e-7)


@settings(max_examples=50, deadline=None)
@given(snapshots())
def test_no_set_of_replicas_is_better_than_the_one_chosen(snapshot: Snapshot) -> None:
    free = replace(snapshot, recipes=tuple(replace(r, min_up_s=0.0) for r in snapshot.recipes))
    found = commit(free, limits=EXACT)
    assert found.proof is not None
    cool = [c for replicas in commitments(free) if _cool(free, c := change_to(free, replicas))]
    tried = [dispatch(free, c).value_usd_per_h for c in cool]
    assert found.proof.value_usd_per_h == pytest.approx(max(tried), rel=1e-5, abs=1e-5)


def _cool(snapshot: Snapshot, commitment: Commitment) -> bool:
    """Idle watts within the envelope, or at least no more than the nodes draw anyway."""
    base = sum(p.nodes * p.node_idle_w for p in snapshot.pools)
    idle = sum(commitment.replicas[r.id] * r.idle_w for r in snapshot.recipes)
    return idle == 0 or base + idle <= snapshot.sites[0].envelope_w / snapshot.sites[0].pue + 1e-9


@settings(max_examples=50, deadline=None)
@given(snapshots())
def test_value_is_what_dispatch_says_and_below_the_bound_and_the_relaxation(snapshot: Snapshot) -> None:
    found = commit(snapshot, limits=EXACT)
    assert found.proof is not None
    fined = found.proof.value_usd_per_h
    assert fined <= dispatch(snapshot, found).value_usd_per_h + 1e-6
    assert found.proof.bound_usd_per_h >= fined - 1e-6
    assert relaxation_usd_per_h(snapshot) >= fined - 1e-5


@settings(max_examples=50, deadline=None)
@given(snapshots())
def test_the_chosen_replicas_can_be_placed_on_the_nodes(snapshot: Snapshot) -> None:
    found = commit(snapshot)
    for p in snapshot.pools:
        mine = [r for r in snapshot.recipes if r.pool == p.id]
        assert fits(p, mine, dict(found.replicas))
        assert found.nodes_held[p.id] <= p.nodes


@settings(max_examples=40, deadline=None)
@given(snapshots())
def test_a_minimum_up_time_holds_or_is_broken_by_name(snapshot: Snapshot) -> None:
    found = commit(snapshot, limits=EXACT)
    early = {b.id: b.amount for b in found.breaks if b.kind == "minimum_up_time"}
    for r in snapshot.recipes:
        assert early.get(r.id, 0.0) == max(0, now(snapshot, r).locked - found.replicas[r.id])


def test_memory_keeps_replicas_apart_that_chips_would_let_share() -> None:
    """Three replicas of 30 GB do not fit two nodes of 50 GB with four chips each, though they take three chips."""
    box = one_box(
        (work("a", (1e-3, 99.0)),),
        {"a": 4.0},
        sites=(site(envelope_w=1e6),),
        pools=(pool(nodes=2, chips_per_node=4.0, memory_gb_per_node=50.0),),
        recipes=(recipe({"a": 4.0}, memory_gb=30.0),),
    )
    assert commit(box).replicas == {"chat": 2}


def test_three_chips_of_four_waste_the_fourth() -> None:
    box = one_box(
        (work("a", (1e-3, 99.0)),),
        {"a": 4.0},
        sites=(site(envelope_w=1e6),),
        pools=(pool(nodes=3, chips_per_node=4.0),),
        recipes=(recipe({"a": 4.0}, chips=3.0),),
    )
    assert commit(box).replicas == {"chat": 3}


def test_a_start_that_does_not_pay_within_the_horizon_is_left() -> None:
    classes = (work("a", (1e-4, 8.0)),)
    box = one_box(classes, {"a": 4.0}, pools=(pool(nodes=2),), recipes=(recipe({"a": 4.0}, start_usd=1.0),))
    assert commit(box).started == {"chat": 1}
    assert commit(replace(box, horizon_s=600.0)).started == {"chat": 0}


def test_rent_counts_only_where_it_is_not_sunk() -> None:
    classes = (work("a", (1e-4, 8.0)),)
    dear = pool(nodes=2, tenure="rented", rent_usd_per_node_hour=5.0)
    box = one_box(classes, {"a": 4.0}, pools=(dear,), current=())
    assert commit(box).replicas == {"chat": 2}
    assert commit(replace(box, pools=(replace(dear, take_or_pay=False),))).replicas == {"chat": 0}


def test_a_pool_whose_lease_has_ended_holds_nothing() -> None:
    box = one_box((work("a", (1e-4, 8.0)),), {"a": 4.0}, pools=(pool(ends_in_s=0.0, tenure="leased"),), current=())
    assert commit(box).replicas == {"chat": 0}


def test_a_lost_node_breaks_the_minimum_up_time_by_name() -> None:
    box = one_box(
        (work("a", (1e-4, 8.0)),),
        {"a": 4.0},
        recipes=(recipe({"a": 4.0}, min_up_s=600.0),),
        current=(Running(recipe="chat", replicas=2, up_s=10.0),),
    )
    found = commit(box)
    assert found.replicas == {"chat": 1}
    assert [str(b) for b in found.breaks] == ["1 replicas of recipe 'chat' stop before their minimum up time"]


def test_a_tight_envelope_turns_replicas_off_rather_than_break() -> None:
    classes = (work("a", (1e-4, 8.0)),)
    box = one_box(classes, {"a": 4.0}, sites=(site(envelope_w=115.0),), pools=(pool(nodes=2),))
    found = commit(box)
    assert found.replicas == {"chat": 1}
    assert not dispatch(box, found).breaks


def test_loading_replicas_draw_watts_and_serve_later() -> None:
    classes = (work("a", (1e-4, 8.0)),)
    box = one_box(
        classes,
        {"a": 4.0},
        pools=(pool(nodes=2),),
        recipes=(recipe({"a": 4.0}, load_s=900.0),),
        current=(Running(recipe="chat", replicas=1, up_s=0.0, ready_in_s=450.0),),
    )
    found = commit(box)
    assert found.ready["chat"] == pytest.approx((1 - 450 / 3600) + (1 - 900 / 3600))


def test_the_same_snapshot_commits_the_same_way() -> None:
    box = one_box((work("a", (1e-4, 3.0)), work("b", (1e-4, 3.0))), {"a": 4.0, "b": 4.0}, pools=(pool(nodes=2),))
    assert commit(box) == commit(box)
