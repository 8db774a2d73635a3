"""The serving simulator: what a queue makes of a step time. One event per engine step."""

from baseload.silicon.simulate.engine import Engine
from baseload.silicon.simulate.lengths import Fixed, Lengths, LogNormal, Seen
from baseload.silicon.simulate.load import Load, Mix, Prefixes, closed_loop, poisson
from baseload.silicon.simulate.records import Kind, Status
from baseload.silicon.simulate.result import Latency, Result, Spread, Timeline, result_of
from baseload.silicon.simulate.run import simulate
from baseload.silicon.simulate.state import Events, State, advance, offer, start
from baseload.silicon.simulate.trace import replay
from baseload.silicon.simulate.watts import Watts

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
    "Result",
    "Seen",
    "Spread",
    "State",
    "Status",
    "Timeline",
    "Watts",
    "advance",
    "closed_loop",
    "offer",
    "poisson",
    "replay",
    "result_of",
    "simulate",
    "start",
]
