"""What the engines did for requests whose gateway died: workers' tallies, and the count endpoints of others."""

from collections.abc import Iterable

from baseload.billing.admission import Admission
from baseload.billing.recovery import Count
from baseload.errors import EngineError
from baseload.fleet.engines.base import Engine, EngineCount


class Witnesses:
    """Asks every engine of a model; a request that was tried on several is the sum of what they did."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        self.engines = list(engines)

    async def __call__(self, admission: Admission) -> Count | None:
        """None when nobody knows: the row is then marked estimated."""
        mine = [e for e in self.engines if e.model == admission.model]
        asked = [(engine, await self._ask(engine, admission.request_id)) for engine in mine]
        known = [(engine, said) for engine, said in asked if said is not None]
        if not known:
            return None
        last = known[-1][0]
        return Count(
            prefilled=sum(said.prefilled for _, said in known),
            emitted=sum(said.emitted for _, said in known),
            replica=last.replica,
            pool=last.pool_id,
        )

    async def _ask(self, engine: Engine, request_id: str) -> EngineCount | None:
        """Stop it first, so that the count is final; a dead worker's tally is read where it lies."""
        try:
            return await engine.cancel(request_id)
        except EngineError:
            return engine.post_mortem(request_id)
