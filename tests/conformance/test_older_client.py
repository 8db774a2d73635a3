"""The same tests under the older official client, in its own environment, against the same cloud."""

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.cloud import Up

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent


def test_the_older_client_passes_the_same_suite(up: Up, tmp_path: Path) -> None:
    subprocess.run([REPOSITORY / "scripts" / "openai2"], check=True, timeout=600)
    ready = tmp_path / "ready.json"
    ready.write_text(up.as_json())
    environment = {**os.environ, "BASELOAD_READY_FILE": str(ready), "BASELOAD_DATA": str(up.data)}
    environment.pop("PYTHONPATH", None)
    python = REPOSITORY / ".venv-openai2" / "bin" / "python"
    command = [python, "-m", "pytest", "-c", HERE / "openai2.ini", "--rootdir", HERE, "--confcutdir", HERE]
    run = subprocess.run(
        [*command, "--ignore", __file__, str(HERE)],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert run.returncode == 0, f"{run.stdout[-6000:]}\n{run.stderr[-2000:]}"
    assert " skipped" not in run.stdout
