"""From a traffic mix to a chip: designs under physical limits against what can be bought, and what flips the choice."""

from baseload.silicon.explorer.answer import Exploration, explore
from baseload.silicon.explorer.bought import SHOPPING_LIST
from baseload.silicon.explorer.design import build
from baseload.silicon.explorer.genome import design
from baseload.silicon.explorer.limits import OverTheLimit, refuse
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.scene import judge, set_scene
from baseload.silicon.explorer.to_json import to_json

__all__ = [
    "SHOPPING_LIST",
    "Exploration",
    "Market",
    "OverTheLimit",
    "build",
    "design",
    "explore",
    "judge",
    "refuse",
    "set_scene",
    "to_json",
]
