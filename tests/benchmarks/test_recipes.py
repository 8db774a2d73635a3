"""Every recipe runs in small, prints one JSON object with the keys docs/reference/bench.md tells, leaves nothing.

`truth` and `kills` run in `tests/faults/test_truth.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MARK = f"BASELOAD_RECIPE_TEST={os.getpid()}".encode()
MARKED = os.environ | {"BASELOAD_RECIPE_TEST": str(os.getpid())}
REPOSITORY = Path(__file__).resolve().parents[2]

KEYS = {
    "accuracy": {"machine", "groups", "left_out", "chip_left_out"},
    "gateway": {"machine", "cores", "requests", "requests_64", "streams", "added_latency", "memory", "truth"},
    "budget": {"machine", "streams", "calm", "killed", "violations", "examples"},
    "serve": {"machine", "model", "output_tokens", "streams"},
    "priorities": {"machine", "flex_streams", "internal", "paying", "failures", "record"},
    "dispatch": {"machine", "seed", "commit", "dispatch_20x20"},
    "kernel_accuracy": {"machine", "groups", "power", "checks"},
    "simulator": {"machine", "seed", "speed", "first_call"},
    "explore_shape": {"machine", "mark", "model", "tokens", "decode_chip", "cases", "memory_price_at_which_it_turns",
                      "memory_price_at_which_it_turns_by_tokens", "share_of_long_prompts_at_which_it_turns",
                      "searched"},
    "first_answer": {"machine", "ready_s", "first_answer_s", "metered", "usage"},
}  # fmt: skip
ON_THE_ENGINE = {"serve", "priorities", "first_answer"}


def run(recipe: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"benchmarks.{recipe}", *options]
    return subprocess.run(command, cwd=REPOSITORY, env=MARKED, capture_output=True, text=True, timeout=380)


@pytest.mark.parametrize(
    "recipe", [pytest.param(name, marks=pytest.mark.engine) if name in ON_THE_ENGINE else name for name in KEYS]
)
def test_a_recipe_prints_one_object_with_the_keys_it_promises(recipe: str) -> None:
    done = run(recipe, "--quick", "--json")
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-1000:]
    result: dict[str, Any] = json.loads(done.stdout)
    assert set(result) == KEYS[recipe]
    documented = (REPOSITORY / "docs" / "reference" / "bench.md").read_text()
    assert [key for key in KEYS[recipe] if f"`{key}`" not in documented] == []
    assert _left() == set()


def test_the_ledger_recipe_prints_what_it_promises() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/ledger.py", "--requests", "200", "--crowd", "8", "--json"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    documented = (REPOSITORY / "docs" / "reference" / "bench.md").read_text()
    assert [key for key in json.loads(done.stdout) if f"`{key}`" not in documented] == []


def test_failures_add_up_over_rounds_and_fail_a_recipe_wherever_they_stand() -> None:
    from benchmarks import report
    from benchmarks.load import Tally, failures

    rounds = [Tally(), Tally(), Tally()]
    rounds[0].faults["500"] = 2
    rounds[2].faults["500"] = 3
    assert failures(rounds) == {"500": 5}
    assert report.failed({"streams": {"16": {"rounds": [{"failures": failures(rounds)}]}}})
    assert not report.failed({"streams": {"16": {"rounds": [{"failures": failures(rounds[1:2])}]}}})


def test_a_rival_that_is_not_installed_is_said_before_anything_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import rival

    monkeypatch.setattr(rival, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="run: make dev"):
        rival.needed()


@pytest.mark.parametrize("recipe", [*KEYS, "truth", "kills", "side_by_side"])
def test_a_recipe_says_what_it_measures(recipe: str) -> None:
    done = run(recipe, "--help")
    assert done.returncode == 0
    assert f"python -m benchmarks.{recipe}" in done.stdout
    assert "--quick" in done.stdout


def _left() -> set[int]:
    """Processes that came of a recipe started here: they inherited our mark, as nobody else's on this machine have."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if MARK in (entry / "environ").read_bytes().split(b"\0"):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_a_recipe_that_is_told_to_end_leaves_nothing() -> None:
    command = [sys.executable, "-m", "benchmarks.truth", "--requests", "20000"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=MARKED, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        while "requests sent" not in child.stderr.readline():
            pass
        child.terminate()
        said = child.stderr.read()
        assert child.wait(60) == 128 + 15, said
    assert _left() == set()
