"""Billing: usage becomes price becomes ledger; what the service cost and earned; checks that anyone can run."""

from baseload.billing.admission import Admission, Grant
from baseload.billing.ledger import Ledger
from baseload.billing.outcome import Attempt, Outcome, Receipt, Try, bill
from baseload.billing.price import PriceList, PriceVersion, Usage, bound, rate
from baseload.billing.recovery import Count, RecoveryReport

__all__ = [
    "Admission",
    "Attempt",
    "Count",
    "Grant",
    "Ledger",
    "Outcome",
    "PriceList",
    "PriceVersion",
    "Receipt",
    "RecoveryReport",
    "Try",
    "Usage",
    "bill",
    "bound",
    "rate",
]
