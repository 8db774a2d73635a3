"""docs/reference/description.md names every key with its default and unit, and its example is a real description."""

import re
from pathlib import Path

import pytest

from baseload.config import read_text
from baseload.config.schema import REQUIRED, SECTIONS, Key, Section
from baseload.config.values import written

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "description.md"


def heading(section: Section) -> str:
    return "## Top of the file" if not section.path else f"## [{'.'.join(section.path).replace('{name}', 'NAME')}]"


def part(section: Section) -> str:
    page = PAGE.read_text(encoding="utf-8")
    _, found, rest = page.partition(heading(section) + "\n")
    assert found, f"{PAGE.name} lacks {heading(section)!r}"
    return rest.split("\n## ")[0]


def default(key: Key) -> str:
    if key.default is REQUIRED:
        return "required"
    shown = written(key, key.default)
    return (
        "none" if shown is None or shown in ([], "") else str(shown).lower() if isinstance(shown, bool) else str(shown)
    )


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: ".".join(section.path) or "top")
def test_every_key_is_documented_with_unit_and_default(section: Section) -> None:
    text = part(section)
    for key in section.keys:
        row = next((line for line in text.splitlines() if line.startswith(f"| `{key.name}` |")), None)
        assert row, f"{heading(section)} lacks `{key.name}`"
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[2].strip("`") == default(key), (
            f"{key.name}: the page says default {cells[2]}, the code {default(key)}"
        )
        assert key.unit in row, f"{key.name}: the page does not say {key.unit}"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: ".".join(section.path) or "top")
def test_the_page_documents_nothing_that_is_not_there(section: Section) -> None:
    named = re.findall(r"^\| `([a-z_0-9]+)` \|", part(section), re.MULTILINE)
    assert named == [key.name for key in section.keys]


def test_the_pages_example_is_a_description() -> None:
    example = re.search(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    cloud = read_text(example[1], "example", environment={}).cloud
    assert len(cloud.pools) >= 2
