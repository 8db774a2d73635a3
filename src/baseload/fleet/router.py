"""Which replica a request goes to, and who waits: standing orders from dispatch, carried out.

Protected work (internal, priority, default) takes a place on any healthy replica that has one. Flex work takes a
place only within the flex slots dispatch last granted, and waits its turn otherwise.
"""

import asyncio
import itertools
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass

from baseload.errors import EngineDown
from baseload.fleet.engines.base import Engine

AFFINITY_ENTRIES = 4096
AFFINITY_SLACK = 2


@dataclass(slots=True)
class Place:
    """A place on a replica, held while a request runs there."""

    seat: "Seat"
    flex: bool
    released: bool = False

    @property
    def engine(self) -> Engine:
        """The replica."""
        return self.seat.engine


class Seat:
    """One replica and what runs on it now."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.protected = 0
        self.flex = 0
        self.up = False

    @property
    def load(self) -> int:
        """Requests that hold a place."""
        return self.protected + self.flex


@dataclass(slots=True)
class Waiting:
    """A request in the queue."""

    flex: bool
    affinity: int
    avoid: frozenset[str]
    future: "asyncio.Future[Place]"


class ModelQueue:
    """All replicas of one model and the requests that wait for them."""

    def __init__(self, model: str, engines: Iterable[Engine]) -> None:
        self.model = model
        self.seats = [Seat(e) for e in engines]
        self.protected: deque[Waiting] = deque()
        self.flex: deque[Waiting] = deque()
        self.flex_slots = sum(s.engine.slots for s in self.seats)
        self.protected_slots = self.flex_slots
        self._affinity: OrderedDict[int, Seat] = OrderedDict()

    @property
    def flex_running(self) -> int:
        """Flex requests that hold a place, parked ones included."""
        return sum(s.flex for s in self.seats)

    def take(self, flex: bool, affinity: int, avoid: frozenset[str] = frozenset()) -> Place | None:
        """A place now, or None when the request must wait. `avoid` names replicas to be tried last."""
        queue = self.flex if flex else self.protected
        return None if queue else self._place(flex, affinity, avoid)

    def _place(self, flex: bool, affinity: int, avoid: frozenset[str]) -> Place | None:
        if flex and self.flex_running >= self.flex_slots:
            return None
        if not flex and sum(s.protected for s in self.seats) >= self.protected_slots:
            return None
        free = [s for s in self.seats if s.up and (s.load if flex else s.protected) < s.engine.slots]
        if not free:
            return None
        if avoid:
            free = [s for s in free if s.engine.replica not in avoid] or free
        seat = self._choose(free, affinity)
        if flex:
            seat.flex += 1
        else:
            seat.protected += 1
        return Place(seat=seat, flex=flex)

    def _choose(self, free: list[Seat], affinity: int) -> Seat:
        """The least loaded; the one that served this prefix before, when it is nearly so."""
        best = min(free, key=lambda s: s.load)
        if len(self.seats) == 1:
            return best
        before = self._affinity.get(affinity)
        if before in free and before.load <= best.load + AFFINITY_SLACK:
            best = before
        self._affinity[affinity] = best
        self._affinity.move_to_end(affinity)
        if len(self._affinity) > AFFINITY_ENTRIES:
            self._affinity.popitem(last=False)
        return best

    def release(self, place: Place) -> None:
        """Give a place back and seat whoever waits."""
        if place.released:
            return
        place.released = True
        if place.flex:
            place.seat.flex -= 1
        else:
            place.seat.protected -= 1
        self.seat_waiting()

    def order(self, flex_slots: int, protected_slots: int) -> None:
        """How many flex and how many protected requests may run, over all replicas."""
        if (self.flex_slots, self.protected_slots) != (flex_slots, protected_slots):
            self.flex_slots, self.protected_slots = flex_slots, protected_slots
            self.seat_waiting()

    def flex_share(self, engine: Engine) -> int:
        """One replica's part of the model's flex slots: what is over goes to the first ones up."""
        up = [s.engine.replica for s in self.seats if s.up]
        each, over = divmod(self.flex_slots, max(len(up), 1))
        return each + (engine.replica in up[:over])

    def seat_waiting(self) -> None:
        """Seat as many as fit: protected work first, each in order of arrival."""
        for queue in (self.protected, self.flex):
            while queue:
                head = queue[0]
                if head.future.done():
                    queue.popleft()
                    continue
                place = self._place(head.flex, head.affinity, head.avoid)
                if place is None:
                    break
                queue.popleft()
                head.future.set_result(place)


class Router:
    """Every model's queue."""

    def __init__(self, engines: Iterable[Engine]) -> None:
        self.engines = list(engines)
        by_model = itertools.groupby(sorted(self.engines, key=lambda e: e.model), key=lambda e: e.model)
        self.queues = {model: ModelQueue(model, members) for model, members in by_model}

    def take(self, model: str, *, flex: bool, affinity: int, avoid: frozenset[str] = frozenset()) -> Place | None:
        """A place now, or None when the request must wait. EngineDown when no replica is up."""
        queue = self.queues[model]
        place = queue.take(flex, affinity, avoid)
        if place is None and not any(s.up for s in queue.seats):
            raise EngineDown(f"no replica of '{model}' is up; it is being restarted, try again shortly")
        return place

    def wait(
        self, model: str, *, flex: bool, affinity: int, avoid: frozenset[str] = frozenset()
    ) -> "asyncio.Future[Place]":
        """Stand in the queue. Cancel the future to leave it."""
        queue = self.queues[model]
        waiting = Waiting(flex=flex, affinity=affinity, avoid=avoid, future=asyncio.get_running_loop().create_future())
        (queue.flex if flex else queue.protected).append(waiting)
        return waiting.future

    def release(self, place: Place) -> None:
        """Give a place back."""
        self.queues[place.engine.model].release(place)

    def any_up(self, model: str) -> Engine | None:
        """A healthy replica of a model, or None."""
        return next((s.engine for s in self.queues[model].seats if s.up), None)

    def busy_share(self, pool: str) -> float:
        """How much of a pool's places is taken, 0 to 1."""
        seats = [s for q in self.queues.values() for s in q.seats if s.engine.pool_id == pool]
        places = sum(s.engine.slots for s in seats)
        return min(1.0, sum(s.load for s in seats) / places) if places else 0.0

    def mark(self, engine: Engine, up: bool) -> None:
        """Note that a replica is up or down; waiting requests are seated when it comes up."""
        queue = self.queues[engine.model]
        for seat in queue.seats:
            if seat.engine is engine and seat.up != up:
                seat.up = up
                if up:
                    queue.seat_waiting()
