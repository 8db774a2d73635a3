"""Live dispatch on one box: who runs and who waits follows from prices, promises and watts."""

from dataclasses import replace

import pytest

from baseload import catalog, config
from baseload.billing.price import PriceList
from baseload.billing.pricebook import new_versions
from baseload.energy import Weights
from baseload.gateway.demand import Demand
from baseload.gateway.orders import StandingOrders
from baseload.gateway.steer import PoolPower, Steering
from baseload.units import Micros

NOW_US = 1_795_500_000_000_000
MODEL = "smollm2-135m"


def steering(*, envelope_w: float = 100.0) -> Steering:
    cloud = catalog.localise(config.read(None).cloud)
    cloud = replace(cloud, sites=tuple(replace(s, envelope_w=envelope_w) for s in cloud.sites))
    prices = PriceList(new_versions(cloud.book, PriceList(), Micros(NOW_US)))
    return Steering(cloud, prices, {"cpu": PoolPower(idle_w=2.0, max_w=12.0, usd_per_kwh=0.1)}, {MODEL: Weights()})


def orders(made: Steering, **asked: float) -> StandingOrders:
    """Requests a second by `business_tier`."""
    demand = Demand()
    for name, per_s in asked.items():
        business, tier = name.split("_")
        demand.load((business, tier, MODEL)).arrivals_per_s = per_s
    snapshot = made.snapshot(demand, {MODEL: 1}, NOW_US)
    commitment, plain = made.plan(snapshot, NOW_US)
    return made.explain(snapshot, commitment, plain)


def served(found: StandingOrders, cls: str) -> float:
    return next(r.served_per_s for r in found.merit if r.class_id == f"{cls.replace('_', '/')}/{MODEL}")


def test_flex_has_the_box_while_nobody_else_asks() -> None:
    found = orders(steering(), external_flex=1.0)
    assert found.flex_slots[MODEL] >= 14
    assert served(found, "external_flex") == pytest.approx(1.0)


def test_internal_runs_before_paying_and_paying_before_flex() -> None:
    found = orders(steering(), internal_priority=2.0, external_default=3.0, external_flex=50.0)
    assert served(found, "internal_priority") == pytest.approx(2.0)
    assert served(found, "external_default") > 0
    assert served(found, "external_flex") < 50.0


def test_paying_work_that_fills_the_box_leaves_flex_no_slot() -> None:
    found = orders(steering(), external_default=100.0, external_flex=5.0)
    assert found.flex_slots[MODEL] == 0
    assert served(found, "external_flex") == pytest.approx(0.0)


def test_an_envelope_that_binds_makes_flex_wait_for_watts() -> None:
    found = orders(steering(envelope_w=4.0), external_flex=50.0)
    reason = next(r.reason for r in found.merit if r.class_id == f"external/flex/{MODEL}")
    assert reason == "waits_for_watts"
    assert found.worth["watt_usd_per_h"] > 0
    free = orders(steering(envelope_w=100.0), external_flex=50.0)
    assert free.worth["watt_usd_per_h"] == pytest.approx(0.0, abs=1e-9)


def test_a_request_is_worth_nothing_when_its_place_is_taken_by_its_like() -> None:
    idle, full = orders(steering(), external_default=0.1), orders(steering(), external_default=100.0)
    assert idle.worth["request_per_s_usd_per_h"] > full.worth["request_per_s_usd_per_h"]
    assert full.worth["node_usd_per_h"] > idle.worth["node_usd_per_h"]
