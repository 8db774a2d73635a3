"""AIConfigurator as a child process in an environment of its own: nothing here depends on its package."""

import json
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from operator import itemgetter
from pathlib import Path
from typing import Any

from benchmarks.aiconfigurator_rows import Ask
from benchmarks.report import say
from benchmarks.stats import median_of, rounded

VERSION = "0.12.0"
CHILD = Path(__file__).resolve().parent / "aiconfigurator_child.py"
Answer = dict[str, Any]


@contextmanager
def interpreter(given: str) -> Iterator[str]:
    """One that has the package: the one given, or that of a new environment, which is gone afterwards."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="baseload-aiconfigurator-") as folder:
        say(f"making an environment with aiconfigurator-core {VERSION}")
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*install, f"aiconfigurator-core=={VERSION}"], stdout=sys.stderr, check=False).returncode:
            raise SystemExit("aiconfigurator-core could not be installed; give an interpreter that has it: --python")
        yield python


def theirs(asks: Sequence[Ask], python: str) -> tuple[str, list[Answer]]:
    """Its version, and its answers in the order of the asks. Each point is asked once, system by system."""
    points = sorted(set(asks), key=lambda ask: (ask.system, ask.backend, ask.model, ask.sample))
    lines = "".join(json.dumps(asdict(ask)) + "\n" for ask in points)
    with tempfile.TemporaryFile("w+") as noise, tempfile.TemporaryFile("w+") as asked:
        asked.write(lines)
        asked.seek(0)
        done = subprocess.run(
            [python, "-I", str(CHILD)], stdin=asked, stdout=subprocess.PIPE, stderr=noise, text=True, check=False
        )
        if done.returncode:
            noise.seek(0)
            raise SystemExit(f"AIConfigurator did not answer under {python}: {noise.read()[-500:]}")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    answers = dict(zip(points, said[1:], strict=True))
    return str(said[0]["version"]), [answers[ask] for ask in asks]


def speed(answers: Sequence[Answer], grid_points: int) -> dict[str, float]:
    """Estimates a second on tables that are in memory: all else anew, and another load on the same model. Medians.

    `first_s`: of the first estimate on a system, with an engine, which reads its tables.
    """
    timed = list({id(answer): answer for answer in answers if "whole_s" in answer}.values())
    warm, cold = ([answer for answer in timed if answer["warm"] is kind] for kind in (True, False))
    if not warm:
        return {"estimates": 0}
    whole, kept = (median_of(warm, itemgetter(key)) for key in ("whole_s", "kept_s"))
    return {
        "estimates": len(warm),
        "first_s": rounded(median_of(cold, itemgetter("whole_s"))),
        "per_s": rounded(1 / whole),
        "per_s_model_kept": rounded(1 / kept),
        "grid_s_model_kept": rounded(grid_points * kept),
    }
