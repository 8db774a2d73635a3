"""Every error code a program can meet is documented, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "errors.md").read_text()


def codes_in_the_gateway() -> set[str]:
    found: set[str] = set()
    for file in [*(ROOT / "src/baseload/gateway").glob("*.py"), *(ROOT / "src/baseload/fleet").rglob("*.py")]:
        text = file.read_text()
        found |= set(re.findall(r'code="([a-z_]+)"', text))
        for line in re.findall(r"^\s*code = (.*)$", text, re.MULTILINE):
            found |= set(re.findall(r'"([a-z_]+)"', line)) - {"engine_down", "code"}
    return found


def test_every_code_of_the_gateway_is_documented() -> None:
    told = set(re.findall(r"^\| \d{3} \| `([a-z_]+)` \|", PAGE, re.MULTILINE)) - {"null"}
    assert told == codes_in_the_gateway()


def test_every_reason_of_an_attempt_is_documented() -> None:
    schema = "\n".join(p.read_text() for p in sorted((ROOT / "src/baseload/store/migrations").glob("*.sql")))
    listed = re.search(r"reason\s+TEXT NOT NULL CHECK \(reason IN \(([^)]*)\)", schema)
    assert listed is not None
    for reason in re.findall(r"'([a-z_]+)'", listed[1]):
        assert f"`{reason}`" in PAGE


def test_the_exit_codes_of_the_page_are_those_of_the_command_line() -> None:
    from baseload.cli import root

    for code in (0, root.FAILED, 2, root.ANSWER_IS_NO):
        assert re.search(rf"^\| {code} \|", PAGE, re.MULTILINE)
