"""Worth by finite steps: left and right of here, money and penalties apart."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from baseload.dispatch import Reservation, Running, Snapshot, Step, as_running, commit, worth
from baseload.dispatch.running import change_to
from tests.dispatch.cases import one_box, pool, recipe, site, snapshots, work


@settings(max_examples=50, deadline=None)
@given(snapshots())
def test_one_less_watt_loses_at_least_what_one_more_brings(snapshot: Snapshot) -> None:
    on = change_to(snapshot, {r.id: 1 for r in snapshot.recipes})
    for size in (1.0, 50.0):
        found = worth(snapshot, Step(kind="watt", id="home", size=size), commitment=on)
        assert found.up.value_usd_per_h >= -1e-6
        if found.down is not None:
            assert found.down.value_usd_per_h >= found.up.value_usd_per_h - 1e-6


@settings(max_examples=50, deadline=None)
@given(snapshots(reserved=False))
def test_one_less_request_loses_at_least_what_one_more_brings(snapshot: Snapshot) -> None:
    on = change_to(snapshot, {r.id: 1 for r in snapshot.recipes})
    for c in snapshot.classes:
        found = worth(snapshot, Step(kind="request", id=c.id, size=0.5), commitment=on)
        assert found.up.value_usd_per_h >= -1e-6
        assert found.down is None or found.down.value_usd_per_h >= found.up.value_usd_per_h - 1e-6


@settings(max_examples=25, deadline=None)
@given(snapshots())
def test_a_node_that_draws_nothing_idle_never_costs(snapshot: Snapshot) -> None:
    free = replace(snapshot, pools=tuple(replace(p, node_idle_w=0.0) for p in snapshot.pools))
    found = worth(free, Step(kind="node", id="p0"))
    assert found.up.value_usd_per_h >= -found.up.error_usd_per_h - 1e-6
    assert (found.down is None) == (free.pools[0].nodes == 0)


def test_at_a_kink_left_and_right_differ() -> None:
    """Exactly enough watts for all that is asked: one more is worth nothing, one less costs work."""
    box = one_box((work("a", (1e-4, 2.0)),), {"a": 4.0}, sites=(site(envelope_w=60.0, tariff_usd_per_kwh=0.0),))
    found = worth(box, Step(kind="watt", id="home"), commitment=as_running(box))
    assert found.up.money_usd_per_h == pytest.approx(0.0, abs=1e-9)
    assert found.down is not None
    assert found.down.money_usd_per_h == pytest.approx(0.01 * 4 * 3600 * 1e-4)


def test_penalties_stand_apart_from_money() -> None:
    """One more node serves a broken promise: its money is the price, the penalty it ends is shown beside it."""
    promise = Reservation(per_s=8.0, shortfall_usd=1.0)
    box = one_box((work("a", (1e-4, 8.0), reservation=promise),), {"a": 4.0}, sites=(site(tariff_usd_per_kwh=0.0),))
    found = worth(box, Step(kind="node", id="cpu"))
    assert found.up.money_usd_per_h == pytest.approx(4 * 3600 * 1e-4)
    assert found.up.penalty_avoided_usd_per_h == pytest.approx(4 * 3600 * 1.0)
    assert found.down is not None
    assert found.down.money_usd_per_h == pytest.approx(4 * 3600 * 1e-4)


def test_a_node_is_worth_nothing_where_watts_bind_and_a_watt_nothing_where_nodes_bind() -> None:
    asked = (work("a", (1e-4, 99.0)),)
    dry = one_box(asked, {"a": 4.0}, sites=(site(envelope_w=60.0, tariff_usd_per_kwh=0.0),))
    full = one_box(asked, {"a": 4.0}, sites=(site(envelope_w=1e4, tariff_usd_per_kwh=0.0),))
    assert worth(dry, Step(kind="node", id="cpu")).up.money_usd_per_h == pytest.approx(0.0, abs=1e-6)
    assert worth(dry, Step(kind="watt", id="home")).up.money_usd_per_h > 0.01
    assert worth(full, Step(kind="watt", id="home")).up.money_usd_per_h == pytest.approx(0.0, abs=1e-6)
    assert worth(full, Step(kind="node", id="cpu")).up.money_usd_per_h == pytest.approx(1.44)


def test_a_node_step_is_whole_where_the_relaxation_would_flatter_it() -> None:
    """A replica needs both chips of a two-chip node; half a replica more, as a dual would have it, cannot be run."""
    box = one_box(
        (work("a", (1e-4, 6.0)),),
        {"a": 4.0},
        pools=(pool(nodes=1, chips_per_node=2.0),),
        recipes=(recipe({"a": 4.0}, chips=2.0, start_usd=0.6),),
        sites=(site(tariff_usd_per_kwh=0.0),),
        current=(Running(recipe="chat", replicas=1, up_s=1e6),),
    )
    assert worth(box, Step(kind="node", id="cpu")).up.money_usd_per_h == pytest.approx(2 * 3600 * 1e-4 - 0.6)


def test_there_is_no_worth_below_nothing() -> None:
    box = one_box((work("a", (1e-4, 1.0)),), {"a": 4.0}, pools=(pool(nodes=0),), current=())
    assert worth(box, Step(kind="node", id="cpu")).down is None
    assert worth(box, Step(kind="request", id="a", size=2.0)).down is None
    assert worth(box, Step(kind="watt", id="home", size=2e3)).down is None


def test_worth_per_step_is_the_difference_of_two_commitments() -> None:
    box = one_box((work("a", (1e-4, 6.0), (2e-5, 4.0)),), {"a": 4.0}, pools=(pool(nodes=2),))
    more = replace(box, pools=(replace(box.pools[0], nodes=3),))
    low, high = commit(box).proof, commit(more).proof
    assert low is not None
    assert high is not None
    found = worth(box, Step(kind="node", id="cpu"))
    assert found.up.value_usd_per_h == pytest.approx(high.value_usd_per_h - low.value_usd_per_h, abs=1e-4)
