"""What a training run takes: days, chip-hours, joules and dollars, each with a range (docs/method/training.md)."""

from baseload.silicon.training.entry import network_of, trainer_of
from baseload.silicon.training.facts import training_facts
from baseload.silicon.training.interruptions import effective_share, interval_s
from baseload.silicon.training.run import Prices, Run, train
from baseload.silicon.training.step import (
    Network,
    Plan,
    StepParts,
    Trainer,
    flops_per_token,
    plan_for,
    ring_s,
    state_bytes,
    step_parts,
)

__all__ = [
    "Network",
    "Plan",
    "Prices",
    "Run",
    "StepParts",
    "Trainer",
    "effective_share",
    "flops_per_token",
    "interval_s",
    "network_of",
    "plan_for",
    "ring_s",
    "state_bytes",
    "step_parts",
    "train",
    "trainer_of",
    "training_facts",
]
