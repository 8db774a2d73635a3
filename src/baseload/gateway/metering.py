"""Closes the metering windows and puts them on record. One that the disk did not take is kept and tried again."""

import asyncio
import logging
from collections import deque

from baseload.energy import Window
from baseload.errors import LedgerError
from baseload.fleet.replicas import Replicas
from baseload.gateway.runtime import Runtime

log = logging.getLogger(__name__)

EVERY_S = 0.25


class Metering:
    """The energy loop."""

    def __init__(self, runtime: Runtime, replicas: Replicas) -> None:
        self.runtime = runtime
        self.replicas = replicas
        self.pending: deque[Window] = deque()
        self.checked_us = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.tick()
            except LedgerError as e:
                log.warning("joules wait to be recorded: %s", e)
            except Exception:
                log.exception("a metering round failed; the next follows at once")

    async def tick(self, *, force: bool = False) -> None:
        """Close what is due and record it, the oldest first."""
        runtime = self.runtime
        for request in list(runtime.live):
            request.note_work()
        self.pending += runtime.power.close_windows(runtime.now_us(), self.replicas.pids_by_pool(), force=force)
        while self.pending:
            window = self.pending[0]
            await runtime.ledger.record_energy(window)
            runtime.power.recorded(window)
            self.checked_us = window.ended_us
            self.pending.popleft()
