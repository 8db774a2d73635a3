"""An account while a transaction works on it."""


class Balance:
    """posted + credit − held is what is available; for a tenant's account it is never below 0."""

    __slots__ = ("credit", "dirty", "held", "id", "posted")

    def __init__(self, account_id: str, credit: int, posted: int, held: int) -> None:
        self.id = account_id
        self.credit, self.posted, self.held = credit, posted, held
        self.dirty = False

    @property
    def available(self) -> int:
        return self.posted + self.credit - self.held

    def move(self, posted: int = 0, held: int = 0) -> None:
        """Post to it, or bind more (plus) or less (minus) of it."""
        self.posted += posted
        self.held += held
        self.dirty = True
