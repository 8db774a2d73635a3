"""A hold while a transaction works on it: a request's own, or a gateway's lease on an account."""

from dataclasses import dataclass, fields
from typing import Literal

from baseload.store.unit import Row, Table

HoldKind = Literal["request", "lease"]
HoldState = Literal["held", "settled", "voided", "expired"]


@dataclass(slots=True, kw_only=True)
class Hold:
    """Money bound. `amount` less what was charged through it (`settled`) is kept from the balance while it is held."""

    id: str
    account_id: str
    kind: HoldKind
    state: HoldState = "held"
    amount_nano: int
    settled_nano: int = 0
    owner: str
    epoch: int
    admission: str | None = None
    created_us: int
    expires_us: int | None = None
    closed_us: int | None = None
    is_new: bool = True
    is_changed: bool = True

    @property
    def bound_nano(self) -> int:
        return self.amount_nano - self.settled_nano if self.state == "held" else 0

    @property
    def row(self) -> Row:
        """In the order of the table's columns."""
        return tuple(getattr(self, column) for column in HOLD.columns)


HOLD = Table(name="hold", columns=tuple(f.name for f in fields(Hold) if not f.name.startswith("is_")))
