"""The examples of the file reference are files that work."""

import json
import re
from dataclasses import fields
from pathlib import Path

from baseload.cli.place import SavedKeys
from baseload.cli.ready import Ready
from baseload.dispatch.snapshot_io import read_file

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "files.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_snapshot_example_is_the_one_the_tests_solve() -> None:
    assert blocks("toml")[0] == (ROOT / "tests" / "cli" / "snapshot.toml").read_text()


def test_the_snapshot_example_with_what_runs_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("\n".join(blocks("toml")))
    assert read_file(tmp_path / "s.toml").current[0].recipe == "tiny-on-box"


def test_the_json_examples_have_the_keys_of_the_files() -> None:
    ready, saved, admin = map(json.loads, blocks("json"))
    assert list(ready) == [f.name for f in fields(Ready)]
    assert list(saved) == [f.name for f in fields(SavedKeys)]
    assert set(admin) == {"url", "secret", "gateway_url", "pid"}
