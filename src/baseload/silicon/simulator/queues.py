"""Who waits and who runs: a queue and a list of running sequences for each priority class, linked by number."""

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.records import Tables


@compiled
def wait(t: Tables, i: int) -> None:
    """Last in its class's queue: first come, first served."""
    r, q = t.requests[i], t.ranks[t.requests[i].rank]
    r.next = -1
    if q.last_waiting >= 0:
        t.requests[q.last_waiting].next = i
    else:
        q.first_waiting = i
    q.last_waiting = i
    t.clock[0].waiting += 1


@compiled
def wait_first(t: Tables, i: int) -> None:
    """First in its class's queue again: it was preempted, and came before all that wait there."""
    r, q = t.requests[i], t.ranks[t.requests[i].rank]
    r.next = q.first_waiting
    q.first_waiting = i
    if q.last_waiting < 0:
        q.last_waiting = i
    t.clock[0].waiting += 1


@compiled
def next_waiting(t: Tables) -> int:
    """The first of the highest class that waits; −1 when nobody does."""
    for k in range(t.ranks.shape[0]):
        if t.ranks[k].first_waiting >= 0:
            return int(t.ranks[k].first_waiting)
    return -1


@compiled
def leave_queue(t: Tables, i: int) -> None:
    """The first of a queue leaves it."""
    q = t.ranks[t.requests[i].rank]
    q.first_waiting = t.requests[i].next
    if q.first_waiting < 0:
        q.last_waiting = -1
    t.clock[0].waiting -= 1


@compiled
def enter_running(t: Tables, i: int) -> None:
    """Latest of its class's running sequences."""
    r, q = t.requests[i], t.ranks[t.requests[i].rank]
    r.next, r.previous = -1, q.last_running
    if q.last_running >= 0:
        t.requests[q.last_running].next = i
    else:
        q.first_running = i
    q.last_running = i


@compiled
def leave_running(t: Tables, i: int) -> None:
    """No more among its class's running sequences."""
    r, q = t.requests[i], t.ranks[t.requests[i].rank]
    if r.previous >= 0:
        t.requests[r.previous].next = r.next
    else:
        q.first_running = r.next
    if r.next >= 0:
        t.requests[r.next].previous = r.previous
    else:
        q.last_running = r.previous


@compiled
def victim(t: Tables) -> int:
    """The latest admitted of the lowest class; −1 when nothing runs. A prompt under way was admitted last of all."""
    partial = t.clock[0].partial
    for k in range(t.ranks.shape[0] - 1, -1, -1):
        if partial >= 0 and t.requests[partial].rank == k:
            return int(partial)
        if t.ranks[k].last_running >= 0:
            return int(t.ranks[k].last_running)
    return -1
