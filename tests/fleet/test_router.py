"""Protected work finds a place; flex keeps to the slots that dispatch granted."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.errors import EngineDown
from baseload.fleet.router import Place, Router


def router(*slots: int, up: bool = True) -> Router:
    engines: Any = [SimpleNamespace(model="m", replica=f"m/{i}", slots=n) for i, n in enumerate(slots)]
    made = Router(engines)
    for engine in engines:
        made.mark(engine, up)
    return made


def take(made: Router, flex: bool, affinity: int = 0) -> Place | None:
    return made.take("m", flex=flex, affinity=affinity)


async def test_work_goes_to_the_least_loaded_replica() -> None:
    made = router(4, 4)
    places = [take(made, False, affinity=i) for i in range(4)]
    assert sorted(p.engine.replica for p in places if p) == ["m/0", "m/0", "m/1", "m/1"]


async def test_a_prefix_goes_back_to_the_replica_that_has_it() -> None:
    made = router(8, 8)
    first = take(made, False, affinity=42)
    assert first is not None
    again = take(made, False, affinity=42)
    assert again is not None
    assert again.engine is first.engine


async def test_flex_waits_while_protected_work_does_not() -> None:
    made = router(4)
    made.queues["m"].order(1, 4)
    assert take(made, True) is not None
    assert take(made, True) is None
    assert take(made, False) is not None


async def test_more_flex_slots_seat_those_who_wait_in_order() -> None:
    made = router(4)
    made.queues["m"].order(0, 4)
    waiting = [made.wait("m", flex=True, affinity=0) for _ in range(3)]
    made.queues["m"].order(2, 4)
    assert [w.done() for w in waiting] == [True, True, False]


async def test_protected_work_is_seated_before_flex() -> None:
    made = router(1)
    place = take(made, False)
    assert place is not None
    flex, protected = made.wait("m", flex=True, affinity=0), made.wait("m", flex=False, affinity=0)
    made.release(place)
    assert (flex.done(), protected.done()) == (False, True)


async def test_one_who_left_the_queue_takes_no_place() -> None:
    made = router(1)
    place = take(made, False)
    assert place is not None
    gone, next_one = made.wait("m", flex=False, affinity=0), made.wait("m", flex=False, affinity=0)
    gone.cancel()
    made.release(place)
    assert next_one.done()


async def test_without_a_replica_up_the_answer_is_engine_down() -> None:
    made = router(1, up=False)
    with pytest.raises(EngineDown, match="no replica"):
        take(made, False)


@settings(max_examples=100, deadline=None)
@given(
    flex_slots=st.integers(0, 6),
    moves=st.lists(st.tuples(st.sampled_from(["flex", "protected", "release"]), st.integers(0, 10)), max_size=60),
)
def test_no_sequence_of_moves_oversteps_the_orders(flex_slots: int, moves: list[tuple[str, int]]) -> None:
    made = router(2, 3)
    queue = made.queues["m"]
    queue.order(flex_slots, 5)
    held: list[Place] = []
    for what, n in moves:
        if what == "release" and held:
            made.release(held.pop(n % len(held)))
        elif what != "release":
            place = take(made, what == "flex", affinity=n)
            if place is not None:
                held.append(place)
        assert queue.flex_running <= flex_slots
        assert all(s.protected <= s.engine.slots for s in queue.seats)
        assert sum(s.load for s in queue.seats) == len(held)
