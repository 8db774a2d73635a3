"""Prefill on one chip, decode on another: the cheapest pair against the cheapest single pool."""

from dataclasses import dataclass

import numpy as np

from baseload.config.traffic import Traffic
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.evaluate import MTOK, Priced, tokens_per_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Dollars are per million tokens, input and output together, of the whole mix. `single` runs both phases."""

    prefill: str
    decode: str
    prefill_usd_per_mtok: float
    decode_usd_per_mtok: float
    single: str
    single_usd_per_mtok: float

    @property
    def usd_per_mtok(self) -> float:
        return self.prefill_usd_per_mtok + self.decode_usd_per_mtok


def best_pair(names: tuple[str, ...], priced: Priced, usd_per_s: Array, traffic: Traffic) -> Pair | None:
    """The cheapest chip for each phase; None where no chip does a phase of every class within its promise.

    Pools are sized apart, so the phases are chosen apart. Moving the cache between pools is taken as hidden behind
    the prefill of later layers (Splitwise, ISCA'24); its network is not charged.
    """
    shares = np.array([c.share for c in traffic.classes])[:, None]
    scale = MTOK / tokens_per_request(traffic) * usd_per_s
    prefill = (shares * np.stack([s.prefill_alone_chip_s for s in priced.services])).sum(axis=0) * scale
    decode = (shares * np.stack([s.decode_alone_chip_s for s in priced.services])).sum(axis=0) * scale
    both = np.where(priced.coverage > 1 - 1e-9, priced.usd_per_mtok, np.inf)
    first, second, single = int(prefill.argmin()), int(decode.argmin()), int(both.argmin())
    if not np.isfinite(prefill[first] + decode[second] + both[single]):
        return None
    return Pair(
        prefill=names[first],
        decode=names[second],
        prefill_usd_per_mtok=float(prefill[first]),
        decode_usd_per_mtok=float(decode[second]),
        single=names[single],
        single_usd_per_mtok=float(both[single]),
    )
