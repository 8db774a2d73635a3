"""From a traffic mix to a chip: designs under physical limits against what can be bought, and what flips the choice."""

from baseload.silicon.explore.answer import Exploration, explore
from baseload.silicon.explore.bought import SHOPPING_LIST
from baseload.silicon.explore.design import build
from baseload.silicon.explore.genome import design
from baseload.silicon.explore.limits import OverTheLimit, refuse
from baseload.silicon.explore.market import Market
from baseload.silicon.explore.scene import judge, set_scene
from baseload.silicon.explore.to_json import to_json

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
