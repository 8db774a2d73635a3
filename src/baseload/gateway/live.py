"""A request on its way, as the meters and the loops see it."""

from typing import Protocol

from baseload.fleet.relay import Relay
from baseload.gateway.admitted import Admitted


class Live(Protocol):
    """What may be asked of a running request, and told it."""

    admitted: Admitted
    relay: Relay | None

    @property
    def waiting(self) -> bool:
        """Whether it waits for a place on a replica."""

    @property
    def waited_us(self) -> int:
        """Time in the queue here, and queued or parked at a replica to let others pass."""

    def so_far(self) -> tuple[int, int]:
        """Tokens prefilled and emitted up to now, over all goes."""

    def note_work(self) -> None:
        """Put what the running go has done so far into the metering window."""

    def stop(self, reason: str) -> None:
        """The client hung up, or the gateway closes."""
