"""What the engines did for requests whose gateway died: workers' tallies, and the count endpoints of others."""

from collections.abc import Iterable

from baseload.billing.admission import Admission
from baseload.billing.recovery import Count
from baseload.errors import EngineError
from baseload.fleet.engines.base import Engine, EngineCount


class Witnesses:
    """Asks every engine of a model; the one that knows the request answers."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        self.engines = list(engines)

    async def __call__(self, admission: Admission) -> Count | None:
        """None when nobody knows: the row is then marked estimated."""
        for engine in self.engines:
            if engine.model != admission.model:
                continue
            said = await self._ask(engine, admission.request_id)
            if said is not None:
                return Count(
                    prefilled=said.prefilled, emitted=said.emitted, replica=engine.replica, pool=engine.pool_id
                )
        return None

    async def _ask(self, engine: Engine, request_id: str) -> EngineCount | None:
        """Stop it first, so that the count is final; a dead worker's tally is read where it lies."""
        try:
            return await engine.cancel(request_id)
        except EngineError:
            return engine.post_mortem(request_id)
