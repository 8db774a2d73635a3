"""Demand follows arrivals and queues, and forgets."""

from collections import Counter

import pytest

from baseload.gateway.demand import BACKLOG_S, Demand
from baseload.gateway.work import WorkLog

CLASS = ("external", "flex", "m")


def test_steady_arrivals_are_measured_and_silence_is_forgotten() -> None:
    demand, arrived = Demand(), Counter()
    for _ in range(120):
        arrived[CLASS] += 3
        demand.tick(arrived, {}, 1.0)
    assert demand.load(CLASS).arrivals_per_s == pytest.approx(3.0, rel=0.01)
    for _ in range(300):
        demand.tick(arrived, {}, 1.0)
    assert demand.load(CLASS).asked_per_s == 0.0


def test_a_queue_is_asked_to_be_worked_off() -> None:
    demand = Demand()
    demand.tick({}, {CLASS: 20}, 1.0)
    assert demand.load(CLASS).asked_per_s == 0.0, "a class that never arrived is not known"
    demand.tick({CLASS: 1}, {CLASS: 20}, 1.0)
    assert demand.load(CLASS).asked_per_s >= 20 / BACKLOG_S


def test_each_token_of_work_falls_in_exactly_one_window() -> None:
    log = WorkLog()
    log.note("cpu", "m", "r", 1, 100, 0)
    log.note("cpu", "m", "r", 1, 100, 5)
    first = log.take("cpu")
    log.note("cpu", "m", "r", 1, 100, 9)
    second = log.take("cpu")
    log.note("cpu", "m", "r", 1, 100, 9)
    assert [(w.prefilled, w.decoded) for w in first + second] == [(100, 5), (0, 4)]
    assert log.take("cpu") == []
