"""Counts in a mapped file outlive the process that wrote them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.store.tally import RowState, Tally


def rid(n: int) -> bytes:
    return n.to_bytes(16, "big")


def test_a_row_survives_sigkill_of_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "t.tally"
    code = (
        "import sys,time\nfrom pathlib import Path\nfrom baseload.store.tally import Tally\n"
        f"t=Tally(Path({str(path)!r}),8,16)\nr=t.open_row((7).to_bytes(16,'big'),b'who')\n"
        "r.prompt=11\nr.emitted=5\nr.flush()\nprint('ready',flush=True)\ntime.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    count = Tally(path).find(rid(7))
    assert count is not None
    assert (count.prompt, count.emitted, count.payload, count.state) == (11, 5, b"who", RowState.RUNNING)


def test_ended_rows_are_kept_until_their_place_is_needed(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "t.tally", slots=4)
    for n in range(4):
        tally.end_row(tally.open_row(rid(n)), RowState.COMPLETED)
    assert tally.find(rid(0)) is not None
    tally.open_row(rid(99))
    assert tally.find(rid(0)) is None, "the oldest ended row makes room"
    assert tally.find(rid(1)) is not None


def test_a_full_table_of_running_rows_says_so(tmp_path: Path) -> None:
    tally = Tally(tmp_path / "t.tally", slots=2)
    tally.open_row(rid(1))
    tally.open_row(rid(2))
    with pytest.raises(OverflowError, match="in use"):
        tally.open_row(rid(3))


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(["open", "free", "end"]), st.integers(0, 9)), max_size=60))
def test_the_table_agrees_with_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("tally") / "t.tally"
    tally, rows, model = Tally(path, slots=64), {}, {}
    for what, n in steps:
        if what == "open" and n not in rows:
            rows[n] = tally.open_row(rid(n))
            rows[n].emitted = n
            rows[n].flush()
            model[n] = n
        elif what == "free" and n in rows:
            tally.free_row(rows.pop(n))
            model.pop(n)
    seen = {int.from_bytes(c.request_id, "big"): c.emitted for c in Tally(path).rows()}
    assert seen == model
