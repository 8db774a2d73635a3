"""What the seller takes, as a fraction of the price."""

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.draw import Pick

INPUTS = {"merchant": "merchant_gpu_gross_margin", "partner": "asic_partner_gross_margin"}


def gross_margin(seller: str, pick: Pick) -> Number:
    """A merchant's or a silicon partner's gross margin; none on one's own account."""
    return pick(INPUTS[seller]) if seller in INPUTS else 0.0


def margin_usd(made_usd: Number, margin: Number) -> Array:
    """The price less the cost, where price = cost / (1 − margin)."""
    return np.asarray(made_usd * np.asarray(margin) / (1.0 - np.asarray(margin)))
