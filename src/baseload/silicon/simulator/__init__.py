"""The serving simulator: what a queue makes of a step time. One event per engine step."""

from baseload.silicon.simulator.engine import Engine
from baseload.silicon.simulator.lengths import Fixed, Lengths, LogNormal, Seen
from baseload.silicon.simulator.load import Load, Mix, Prefixes, closed_loop, nothing, poisson
from baseload.silicon.simulator.records import Kind, Status
from baseload.silicon.simulator.replica import Replica, replica_of, replica_watts, simulate_setup
from baseload.silicon.simulator.result import Latency, Result, Spread, Timeline, result_of
from baseload.silicon.simulator.run import simulate
from baseload.silicon.simulator.state import Events, State, advance, offer, start
from baseload.silicon.simulator.trace import replay
from baseload.silicon.simulator.watts import Watts

__all__ = [
    "Engine",
    "Events",
    "Fixed",
    "Kind",
    "Latency",
    "Lengths",
    "Load",
    "LogNormal",
    "Mix",
    "Prefixes",
    "Replica",
    "Result",
    "Seen",
    "Spread",
    "State",
    "Status",
    "Timeline",
    "Watts",
    "advance",
    "closed_loop",
    "nothing",
    "offer",
    "poisson",
    "replay",
    "replica_of",
    "replica_watts",
    "result_of",
    "simulate",
    "simulate_setup",
    "start",
]
