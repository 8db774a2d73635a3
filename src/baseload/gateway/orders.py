"""Standing orders: what dispatch last decided, as the router carries it out and the pages show it."""

from dataclasses import dataclass, field
from typing import Any

from baseload import dispatch as d


@dataclass(slots=True, kw_only=True)
class StandingOrders:
    """What dispatch last decided. Slots are per model, over all its replicas."""

    as_of_us: int = 0
    flex_slots: dict[str, int] = field(default_factory=dict)
    protected_slots: dict[str, int] = field(default_factory=dict)
    merit: tuple[d.MeritRow, ...] = ()
    worth: dict[str, float] = field(default_factory=dict)
    worth_steps: dict[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "as_of_us": self.as_of_us or None,
            "flex_slots": self.flex_slots,
            "protected_slots": self.protected_slots,
            "worth": self.worth,
            "worth_steps": self.worth_steps,
            "merit": [r.describe() for r in self.merit],
            "breaks": list(self.breaks),
        }
