"""The vendored browser files are what the lock says, and the lock names no address."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_vendored_files_are_as_locked() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/vendor", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_lock_says_name_version_digest_and_licence() -> None:
    text = (ROOT / "src/baseload/console/static/vendor/vendor.lock.json").read_text()
    assert "://" not in text
    for row in json.loads(text):
        assert set(row) == {"file", "name", "version", "from", "sha256", "licence"}
        assert all(row.values())


def test_versions_are_those_of_package_json() -> None:
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    rows = json.loads((ROOT / "src/baseload/console/static/vendor/vendor.lock.json").read_text())
    assert {row["name"]: row["version"] for row in rows} == wanted
