"""A binary heap of requests in an array; each request knows its place, so that any can be taken out.

Equal keys are in the order of request numbers, so that a run can be repeated to the bit.
"""

from baseload.silicon.simulator.compiled import compiled
from baseload.silicon.simulator.records import Records


@compiled
def _before(heap: Records, a: int, b: int) -> bool:
    if heap[a].key != heap[b].key:
        return bool(heap[a].key < heap[b].key)
    return bool(heap[a].request < heap[b].request)


@compiled
def _swap(heap: Records, requests: Records, a: int, b: int) -> None:
    key, i = heap[a].key, heap[a].request
    heap[a].key, heap[a].request = heap[b].key, heap[b].request
    heap[b].key, heap[b].request = key, i
    requests[heap[a].request].at = a
    requests[heap[b].request].at = b


@compiled
def _rise(heap: Records, requests: Records, at: int) -> None:
    while at > 0 and _before(heap, at, (at - 1) // 2):
        _swap(heap, requests, at, (at - 1) // 2)
        at = (at - 1) // 2


@compiled
def _sink(heap: Records, requests: Records, at: int, size: int) -> None:
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and _before(heap, child + 1, child):
            child += 1
        if not _before(heap, child, at):
            return
        _swap(heap, requests, at, child)
        at = child


@compiled
def push(heap: Records, requests: Records, size: int, key: float, i: int) -> None:
    """Put request `i` into a heap of so many."""
    heap[size].key = key
    heap[size].request = i
    requests[i].at = size
    _rise(heap, requests, size)


@compiled
def remove(heap: Records, requests: Records, size: int, at: int) -> None:
    """Take out what is at a place of a heap of so many."""
    last = size - 1
    if at == last:
        return
    _swap(heap, requests, at, last)
    moved = heap[at].request
    _rise(heap, requests, at)
    _sink(heap, requests, requests[moved].at, last)
