"""The commented example, worked out by hand.

Chips: one replica. internal 1/8 and paying 1/8 of its time; internal's idle option of 2/s holds another 1/4 that only
flex may borrow, so flex gets the rest: 3/4 of 10 a second = 7.5.
Watts: 90 W ÷ 1.2 = 75 at the chips; drawn are 10 (node) + 5 (replica) + 30 (busy all the time) = 45, 54 W with PUE.
Money: 3600 × (6e-5 + 0.5e-4 + 0.4e-4 + 7.5 × 4e-5) = 1.62 USD/h; energy 54 W × 0.15 USD/kWh = 0.0081 USD/h.
One more node: 20 + 10 W are then standing, so 45 W, one and a half busy replicas, are left. Five more flex a second
bring 0.72; 36 W more with PUE cost 0.0054; one start in an hour 0.0001: worth 0.7145 USD/h, and watts bind now.
"""

from pathlib import Path

import pytest

from baseload.dispatch import Step, commit, dispatch, flex_slots_by_model, merit_order, standing_orders, worth
from baseload.dispatch.snapshot_io import read_file

SNAPSHOT = read_file(Path(__file__).parents[2] / "examples" / "dispatch" / "one-box.toml")


def test_the_plan_is_the_one_worked_out_by_hand() -> None:
    plan = dispatch(SNAPSHOT, commit(SNAPSHOT))
    assert plan.served_per_s == pytest.approx({"internal": 1.0, "paying": 1.0, "flex": 7.5})
    assert plan.watts == pytest.approx({"home": 54.0})
    assert plan.revenue_usd_per_h == pytest.approx(1.62)
    assert plan.energy_usd_per_h == pytest.approx(0.0081)
    assert plan.value_usd_per_h == pytest.approx(1.6119)
    assert plan.breaks == ()


def test_worth_is_the_one_worked_out_by_hand() -> None:
    commitment = commit(SNAPSHOT)
    assert worth(SNAPSHOT, Step(kind="node", id="cpu")).up.money_usd_per_h == pytest.approx(0.7145)
    assert worth(SNAPSHOT, Step(kind="watt", id="home"), commitment=commitment).up.money_usd_per_h == pytest.approx(0.0)
    more = worth(SNAPSHOT, Step(kind="request", id="paying"), commitment=commitment)
    assert more.up.money_usd_per_h == pytest.approx(3600 * (8e-5 - 1.25 * 4e-5))


def test_the_merit_order_and_the_orders_are_the_ones_worked_out_by_hand() -> None:
    commitment = commit(SNAPSHOT)
    rows = {r.class_id: r for r in merit_order(SNAPSHOT, commitment)}
    assert [(k, str(r.reason)) for k, r in rows.items()] == [
        ("internal", "served"),
        ("paying", "served"),
        ("flex", "waits_for_chips"),
    ]
    assert rows["paying"].marginal_cost_usd_per_h == pytest.approx(3600 * 1.25 * 4e-5)
    assert rows["flex"].margin_usd_per_h == pytest.approx(0.0, abs=1e-9)
    plan = dispatch(SNAPSHOT, commitment)
    assert flex_slots_by_model(standing_orders(SNAPSHOT, commitment, plan)) == {"chat": 8}
