"""The heap gives the least first, by request number where keys are equal, whatever is taken out between."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.silicon.simulator.heap import push, remove
from baseload.silicon.simulator.records import HEAP, REQUEST


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.data())
def test_what_is_left_comes_out_in_order(keys: list[int], data: st.DataObject) -> None:
    heap, requests = np.zeros(30, HEAP), np.zeros(30, REQUEST)
    for i, key in enumerate(keys):
        push(heap, requests, i, float(key), i)
    gone = data.draw(st.sets(st.integers(0, len(keys) - 1), max_size=len(keys) - 1))
    size = len(keys)
    for i in gone:
        assert heap[requests[i]["at"]]["request"] == i
        remove(heap, requests, size, requests[i]["at"])
        size -= 1
    out = []
    while size:
        out.append((heap[0]["key"], heap[0]["request"]))
        remove(heap, requests, size, 0)
        size -= 1
    assert out == sorted((float(key), i) for i, key in enumerate(keys) if i not in gone)
