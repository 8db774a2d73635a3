"""A calibration of the tests' own, so that a new one that ships changes nothing here."""

import math

from baseload.silicon.calibrate.beliefs import decode_belief, first_belief, gain_belief
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.hierarchy import Belief, Learned


def believed(belief: Belief) -> Learned:
    """What is thought before any row is seen."""
    common = {name: (math.log(prior.mean), prior.sd) for name, prior in belief.priors.items()}
    return Learned(common=common, effects={name: {} for name in common}, residual={"model": {}})


DATASHEET = Calibration(
    decode=believed(decode_belief()),
    first=believed(first_belief()),
    gain=believed(gain_belief()),
    rows={"decode": {}, "first": {}},
)
