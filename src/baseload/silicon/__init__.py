"""How fast, how hot, how dear: any model on any chip, bought or designed.

`predict`, `grid`: closed form. `simulate`: request by request. `cost`: what a chip costs to make and to buy. `explore`:
the chip to design for a traffic mix. The last three come with their libraries when they are first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from baseload.silicon.prediction import Grid, Prediction, grid, predict
from baseload.silicon.setup import Setup, setup_of

if TYPE_CHECKING:
    from baseload.silicon.costing import cost
    from baseload.silicon.explorer import explore
    from baseload.silicon.simulator import simulate

_LATER = {"simulate": "simulator", "cost": "costing", "explore": "explorer"}

__all__ = ["Grid", "Prediction", "Setup", "cost", "explore", "grid", "predict", "setup_of", "simulate"]


def __getattr__(name: str) -> Any:
    """Import what is heavy when it is asked for (PEP 562)."""
    if name in _LATER:
        return getattr(import_module(f"baseload.silicon.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
