"""The reference of the API tells every field, as the gateway's own structs have them."""

import re
from pathlib import Path

from baseload.fleet.worker import ask, schema
from baseload.gateway import wire
from baseload.gateway.answer import Final
from baseload.tenants import Limits
from baseload.units import Mark, Millijoule, Nano

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md").read_text()
IGNORED = {"user", "safety_identifier", "prompt_cache_key", "metadata", "store"}


def section(name: str) -> str:
    return PAGE.split(f"\n## {name}\n", 1)[1].split("\n## ")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\$?\w+)`", text))


def first_column(text: str) -> set[str]:
    return named("\n".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)))


def fields(kind: type) -> set[str]:
    return set(kind.__struct_fields__)  # type: ignore[attr-defined]


def test_every_field_is_honoured_ignored_or_refused() -> None:
    every = fields(wire.ChatBody) | fields(wire.TextBody)
    honoured = first_column(section("Fields that are honoured"))
    assert honoured == every - IGNORED - set(wire.UNSERVED)
    assert named(section("Fields that are taken and ignored").split(". So are")[0]) >= IGNORED
    assert named(section("Fields that are refused").split(":\n")[1]) == set(wire.UNSERVED)


def test_where_a_field_is_taken_is_told() -> None:
    rows = re.findall(r"^\| (`.*?) \| (\w+) \|", section("Fields that are honoured"), re.MULTILINE)
    for names, where in rows:
        for name in named(names):
            taken = (name in fields(wire.ChatBody), name in fields(wire.TextBody))
            assert taken == {"both": (True, True), "chat": (True, False), "completions": (False, True)}[where], name


def test_a_messages_fields_are_told() -> None:
    told = named(section("Fields that are taken and ignored")) | {"role", "content"}
    assert fields(wire.Message) <= told


def test_the_bounds_are_those_of_the_gateway() -> None:
    assert f"1 to {ask.MAX_CHOICES} choices" in PAGE
    assert f"up to {ask.MAX_STOPS} of them" in PAGE


def test_every_keyword_of_a_schema_is_told_and_no_other() -> None:
    lists = "\n".join(re.findall(r"^- \w+.*$", section("JSON schemas"), re.MULTILINE))
    assert named(lists) == schema.KNOWN
    limits = f"{schema.MAX_BYTES // 1024} KiB, {schema.MAX_DEPTH} levels and {schema.MAX_NODES} schemas"
    assert limits in PAGE
    assert f"up to {schema.MAX_REPEAT}" in PAGE


def test_usage_has_the_keys_that_are_told() -> None:
    final = Final(
        tok_in=1, tok_cached=0, tok_out=1, amount_nano=Nano(1), energy_mj=Millijoule(1), energy_kind=Mark.MODELLED,
        service_tier="default",
    )  # fmt: skip
    assert first_column(section("What comes back")) == set(final.usage())
    assert "`cached_tokens`" in PAGE


def test_every_limit_header_is_told() -> None:
    limits = Limits(requests_per_min=1, tokens_per_min=1, concurrency=0, now_us=0)
    for name, _ in limits.headers():
        assert f"`{name.decode()}`" in section("Headers")


def test_the_fields_of_a_count_are_told() -> None:
    assert fields(wire.TokenizeBody) <= named(section("Counting tokens"))


def test_every_route_is_told() -> None:
    source = (Path(wire.__file__).parent / "routes.py").read_text()
    routes = set(re.findall(r'"(/[a-z0-9/]+)": self\._', source))
    assert routes
    assert [route for route in routes if f"{route}`" not in PAGE] == []
