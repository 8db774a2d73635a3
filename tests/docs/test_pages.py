"""The documentation keeps what it promises: links lead somewhere, commands and settings exist and are all there."""

import re
from pathlib import Path

import click
import pytest

from baseload.cli import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """Heading ids as a forge makes them: lower case, punctuation gone, spaces to dashes."""
    heads = re.findall(r"^#+ +(.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in heads}


def commands(group: click.Group = main, path: str = "baseload") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        found[f"{path} {name}"] = command
        if isinstance(command, click.Group):
            found |= commands(command, f"{path} {name}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_of_a_page_resolves(page: Path) -> None:
    broken = []
    for target in LINK.findall(FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            broken.append(target)
    assert not broken, f"{page.relative_to(ROOT)} links to what is not there: {broken}"


def test_every_page_can_be_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached, queue = {index}, [index]
    while queue:
        page = queue.pop()
        for target in LINK.findall(page.read_text()):
            file = (page.parent / target.partition("#")[0]).resolve()
            if file.suffix == ".md" and file.exists() and file not in reached:
                reached.add(file)
                queue.append(file)
    missing = [str(p.relative_to(ROOT)) for p in PAGES[1:] if p not in reached]
    assert not missing, f"no way leads from docs/index.md to {missing}"


@pytest.mark.parametrize("path", commands())
def test_every_command_and_option_is_in_the_reference(path: str) -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text()
    assert f"# {path}\n" in text or f"# `{path}`\n" in text, f"docs/reference/cli.md has no section {path}"
    section = re.split(rf"^#+ `?{re.escape(path)}`?\n", text, flags=re.MULTILINE)[1].split("\n#")[0]
    options = [o for p in commands()[path].params if isinstance(p, click.Option) for o in p.opts if o.startswith("--")]
    shared = {"--json", "--data", "--config"}  # told once, at the top of the page
    missing = [o for o in options if o not in shared and f"`{o}" not in section]
    assert not missing, f"docs/reference/cli.md does not tell {missing} of {path}"


def spoken(text: str) -> list[str]:
    """Commands that a page shows: lines of its code blocks that call baseload, and `baseload …` in the text."""
    lines = [line.strip() for block in FENCE.findall(text) for line in block.splitlines()]
    inline = re.findall(r"`((?:\.venv/bin/)?baseload [^`]+)`", FENCE.sub("", text))
    found = [m[1] for line in [*lines, *inline] if (m := re.search(r"(?:^|[\s/(=])(baseload(?: [a-z]+)+)", line))]
    return sorted(set(found))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_a_page_speaks_of_exists(page: Path) -> None:
    known = commands()
    unknown = []
    for said in spoken(page.read_text()):
        words = said.split()
        group: click.Command = main
        for word in words[1:]:
            if not isinstance(group, click.Group):
                break
            path = " ".join(words[: words.index(word) + 1])
            if path not in known:
                unknown.append(path)
                break
            group = known[path]
    assert not unknown, f"{page.relative_to(ROOT)} speaks of {unknown}"


def test_every_make_target_a_page_speaks_of_exists() -> None:
    code = [c for p in PAGES for c in [*FENCE.findall(p.read_text()), *re.findall(r"`([^`\n]+)`", p.read_text())]]
    targets = {t for c in code for t in re.findall(r"\bmake ([a-z]+)", c)}
    makefile = (ROOT / "Makefile").read_text()
    assert {t for t in targets if not re.search(rf"^{t}:", makefile, re.MULTILINE)} == set()


def test_every_setting_is_in_the_description_reference() -> None:
    from baseload.config.schema import SECTIONS

    text = (ROOT / "docs" / "reference" / "description.md").read_text()
    missing = [f"{'.'.join(s.path)}.{k.name}" for s in SECTIONS for k in s.keys if f"`{k.name}`" not in text]
    assert not missing, f"docs/reference/description.md does not tell {missing}"


def test_the_map_has_a_sentence_for_every_room() -> None:
    text = (ROOT / "docs" / "map.md").read_text()
    rooms = [p.name for p in (ROOT / "src" / "baseload").iterdir() if (p / "__init__.py").exists()]
    missing = [room for room in rooms if f"  {room}/ " not in text]
    assert not missing, f"docs/map.md has no sentence for {missing}"
