"""What it is worth to keep a share of the compute area programmable: dearer today, less to lose after a shift."""

from dataclasses import dataclass

import numpy as np

from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.genome import Genome
from baseload.silicon.explorer.regret import losses
from baseload.silicon.explorer.scene import Scene, judge, survives

SHARES = np.round(np.arange(0.05, 0.61, 0.05), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One design with so much of its compute area programmable; dollars per million tokens, losses as shares."""

    programmable: float
    usd_per_mtok: float
    mean_shifted_usd_per_mtok: float
    """Over all shifts, each as likely as the others."""
    regret: float
    survives: int
    """Shifts after which the chip can still do the work."""
    feasible: bool


def sweep(genome: Genome, scene: Scene, best: Array) -> list[Share]:
    """One design (a genome of one) at each share; `best` is what regret is measured from."""
    family = Genome(*(np.repeat(field, len(SHARES)).astype(float) for field in genome))._replace(programmable=SHARES)
    found = judge(family, scene)
    lost = losses(found.costs, best).max(axis=0)
    alive = sum(survives(found.designs.chips, s, scene.market).astype(int) for s in scene.shifts if s)
    return [
        Share(
            programmable=float(share),
            usd_per_mtok=float(found.costs[0, i]),
            mean_shifted_usd_per_mtok=float(found.costs[1:, i].mean()),
            regret=float(lost[i]),
            survives=int(np.asarray(alive)[i]),
            feasible=bool(found.feasible[i]),
        )
        for i, share in enumerate(SHARES)
    ]


def worth(shares: list[Share]) -> list[float]:
    """What each share saves over the least one, in dollars per million tokens, on average over the shifts."""
    return [shares[0].mean_shifted_usd_per_mtok - one.mean_shifted_usd_per_mtok for one in shares]
