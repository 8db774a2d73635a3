"""How fast, how hot, how dear: any model on any chip, bought or designed.

`predict`, `grid`: closed form. `simulate`, or `simulate_setup` for names: request by request, asked by `poisson`,
`closed_loop` or `replay`. `cost`: what a chip costs to make and to buy. `explore`: the chip to design for a traffic
mix. All but the first come with their libraries when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from baseload.silicon.prediction import Grid, Prediction, grid, predict
from baseload.silicon.setup import Setup, setup_of

if TYPE_CHECKING:
    from baseload.silicon.costing import cost
    from baseload.silicon.explorer import explore
    from baseload.silicon.simulator import (
        Engine,
        Fixed,
        Load,
        LogNormal,
        Mix,
        closed_loop,
        poisson,
        replay,
        replica_of,
        simulate,
        simulate_setup,
    )
else:

    def __getattr__(name: str) -> object:
        """Import what is heavy when it is asked for (PEP 562)."""
        if name in _LATER:
            return getattr(import_module(f"baseload.silicon.{_LATER[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Engine",
    "Fixed",
    "Grid",
    "Load",
    "LogNormal",
    "Mix",
    "Prediction",
    "Setup",
    "closed_loop",
    "cost",
    "explore",
    "grid",
    "poisson",
    "predict",
    "replay",
    "replica_of",
    "setup_of",
    "simulate",
    "simulate_setup",
]

_HERE = ("Grid", "Prediction", "Setup", "grid", "predict", "setup_of")
_ROOMS = {"cost": "costing", "explore": "explorer"}
_LATER = {name: _ROOMS.get(name, "simulator") for name in __all__ if name not in _HERE}
