"""From a load to its figures in one call."""

from baseload.silicon.coefficients import Coefficients
from baseload.silicon.simulator.engine import Engine
from baseload.silicon.simulator.load import Load
from baseload.silicon.simulator.result import Result, result_of
from baseload.silicon.simulator.state import finish, start
from baseload.silicon.simulator.watts import Watts


def simulate(
    coefficients: Coefficients,
    engine: Engine,
    load: Load,
    watts: Watts | None = None,
    *,
    prefill: Coefficients | None = None,
) -> Result:
    """Serve a whole load on one replica. Deterministic: all chance is in the load.

    `prefill` are the coefficients of steps with more prompt tokens than decoding sequences, if they have their own.
    Latencies in milliseconds, other times in seconds, energy in joules (None without `watts`). Raises `SetupError` for
    coefficients that are not single numbers. Of a `Setup`: `simulate_setup`.
    """
    return result_of(finish(start(coefficients, engine, load, prefill=prefill)), watts)
