"""Watts of a chip by what it does; joules per token at chip, server and site; rows that say how right that is."""

from baseload.silicon.power.draw import Joules, PowerConstants, ServerPower, busy, joules_per_token, watts
from baseload.silicon.power.score import score_rows, speak_to, speaks_to
from baseload.silicon.power.shares import Phase, decoding, mean_watts, prompting

__all__ = [
    "Joules",
    "Phase",
    "PowerConstants",
    "ServerPower",
    "busy",
    "decoding",
    "joules_per_token",
    "mean_watts",
    "prompting",
    "score_rows",
    "speak_to",
    "speaks_to",
    "watts",
]
