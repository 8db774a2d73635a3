"""What the pages show of costs is what the recipe prints, and their example files are files that work."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from baseload.catalog.cost import load_costs
from baseload.catalog.design import load_designs
from baseload.catalog.floorplan import load_floorplans

ROOT = Path(__file__).resolve().parents[3]
FILES = (ROOT / "docs" / "reference" / "files.md").read_text()
LOADERS: dict[str, Callable[[Path], object]] = {
    "costs": load_costs,
    "designs": load_designs,
    "floorplans": load_floorplans,
}


def recipe(*options: str) -> str:
    command = [sys.executable, "-m", "benchmarks.chip_cost", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_row_by_row_table_is_what_the_recipe_prints() -> None:
    assert recipe().strip() in (ROOT / "docs" / "method" / "chip-cost.md").read_text()


def test_the_recipe_prints_the_keys_it_promises() -> None:
    found = json.loads(recipe("--json"))
    told = (ROOT / "docs" / "reference" / "bench.md").read_text().split("## chip_cost")[1]
    assert [key for key in (*found, *found["rows"][0]) if f"`{key}`" not in told] == []


@pytest.mark.parametrize("kind", LOADERS)
def test_the_example_of_a_catalogue_file_works(tmp_path: Path, kind: str) -> None:
    section = FILES.split(f"\n## catalog/{kind}/NAME.toml\n")[1].split("\n## ")[0]
    text = re.findall(r"^```toml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[0]
    name = re.findall(r'^id = "(.*)"', text, re.MULTILINE)[0]
    (tmp_path / f"{name}.toml").write_text(text)
    assert LOADERS[kind](tmp_path)
