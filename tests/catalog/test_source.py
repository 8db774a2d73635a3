"""Every number of the catalogue says where it comes from, and a source that does not hold is named with its line."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from baseload import catalog
from baseload.catalog import Fact, load
from baseload.errors import DescriptionError
from baseload.units import Mark

INHERITED = """\
id = "x2"
name = "X2"
vendor = "Example"
kind = "gpu"
max_w = 100
memory_gb = { value = 80, note = "stacked" }
idle_w = { value = 10, low = 8, high = 12, source = "meter" }
price_usd = { value = 1000, kind = "estimate", source = "two quotes", date = 2026-04-01 }
life_years = { value = 5, source = "ours" }
[source]
title = "data sheet"
url = "https://example.com/x2"
kind = "vendor"
date = 2026-05-01
[source.meter]
title = "24 h at rest"
kind = "measured"
date = 2026-06-01
[source.ours]
title = "judgement"
kind = "assumed"
date = 2026-07-01
"""


def facts() -> Iterator[tuple[str, str, Fact]]:
    known = catalog.catalog()
    for group in (known.chips, known.models, known.rankings, known.tariffs, known.prices):
        for name, thing in group.items():
            for part in (thing, getattr(thing, "architecture", None), getattr(thing, "servable", None)):
                for field in fields(part) if part else ():  # type: ignore[arg-type]
                    value = getattr(part, field.name)
                    if isinstance(value, Fact):
                        yield name, field.name, value


def chip_file(folder: Path, text: str, name: str = "x2") -> Path:
    (folder / "chips").mkdir(exist_ok=True)
    (folder / "chips" / f"{name}.toml").write_text(text)
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        load(folder)
    return [str(fault) for fault in caught.value.faults]


def test_every_number_has_a_source_a_date_and_its_value_within_its_range() -> None:
    found = list(facts())
    assert len(found) > 1000
    for name, key, fact in found:
        assert len(fact.source) >= 10, (name, key)
        assert fact.low <= fact.value <= fact.high, (name, key)
        assert fact.date.year >= 2020, (name, key)


def numbers(tree: object) -> Iterator[object]:
    """Every key of a file that holds a number, bare or as a table; what a processor calls itself is no quantity,
    and the widths of a perceptron have one source for all of them.
    """
    for key, said in dict(tree).items():  # type: ignore[call-overload]
        value = said.get("value", said) if isinstance(said, dict) else said
        figure = isinstance(value, int | float | list | dict) and not isinstance(value, bool)
        if figure and key not in ("match", "perceptron", "aliases"):
            yield key


def test_no_number_of_a_file_reaches_the_code_without_its_source() -> None:
    told = {(name, key) for name, key, _ in facts()}
    for path in (Path(catalog.__file__).parent).glob("*/*.toml"):
        if path.parent.name in ("costs", "designs", "floorplans"):  # tests/silicon/costing asks the same of these
            continue
        if path.parent.name in ("nodes", "memories", "shifts", "rules"):  # and tests/silicon/explorer of these
            continue
        entry = tomllib.loads(path.read_text())
        entry.pop("source", None)
        assert {(path.stem, key) for key in numbers(entry)} - told == set()


def test_a_number_takes_the_source_of_its_file_unless_it_names_another(tmp_path: Path) -> None:
    chip = load(chip_file(tmp_path, INHERITED)).chips["x2"]
    assert chip.memory_gb is not None
    said = {
        f.kind: (f.source, f.date.month, f.mark)
        for f in (chip.need("max_w"), chip.need("idle_w"), chip.need("price_usd"), chip.need("life_years"))
    }
    assert said == {
        "vendor": ("data sheet", 5, Mark.ASSUMED),
        "measured": ("24 h at rest", 6, Mark.MEASURED),
        "estimate": ("two quotes", 4, Mark.MODELLED),
        "assumed": ("judgement", 7, Mark.ASSUMED),
    }
    idle, full = chip.need("idle_w"), chip.need("max_w")
    assert (chip.memory_gb.cited, chip.memory_gb.note) == (full.cited, "stacked")
    assert full.cited.url == "https://example.com/x2"
    assert (idle.low, idle.high, idle.unit) == (8, 12, "W")
    assert (idle.file, idle.line) == ("chips/x2.toml", 7)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'source = "meter"',
            'source = "metre"',
            "x2.toml:7: idle_w: there is no [source.metre]; did you mean 'meter'?",
        ),
        ("value = 5, source", "value = 5, date = 2026-01-01, source", "x2.toml:9: life_years: kind must be one of"),
        (', source = "ours"', "", "x2.toml:19: no number cites [source.ours]; drop it"),
        ('title = "data sheet"\n', "", "x2.toml:10: [source] does not say its title"),
        ("date = 2026-06-01", 'date = "June"', "x2.toml:18: [source.meter] needs the date of its source"),
        ('kind = "measured"', 'kind = "seen"', "x2.toml:17: [source.meter]: kind must be one of vendor, measured"),
        ("https://", "ftp://", "x2.toml:12: [source]: url must begin with https://"),
        ("[source.meter]\n", "[source.meter]\nauthor = 1\n", "x2.toml:16: unknown key 'author' in [source.meter]"),
        ("max_w = 100", 'max_w = "100"', "x2.toml:5: max_w: value must be a number"),
        ('note = "stacked"', "note = 1", "x2.toml:6: memory_gb: note must be a text in quotes"),
        ("value = 10, low = 8", 'value = 10, shape = "flat", low = 8', "idle_w: shape must be one of uniform"),
    ],
)
def test_a_faulty_source_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in INHERITED
    found = faults(chip_file(tmp_path, INHERITED.replace(before, after, 1)))
    assert any(said in fault for fault in found), found


def test_a_file_without_any_source_says_how_to_give_one(tmp_path: Path) -> None:
    bare = INHERITED.split("[source]")[0].replace("idle_w = {", "idle_w = { shape = 'uniform',")
    found = faults(chip_file(tmp_path, bare))
    assert (
        "chips/x2.toml:5: max_w does not say its source; add [source] with title, kind and date for all the file"
        in (found)
    )


def test_what_is_counted_is_a_whole_number(tmp_path: Path) -> None:
    text = (Path(catalog.__file__).parent / "models" / "smollm2-135m-instruct-q4_1.toml").read_text()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "smollm2-135m-instruct-q4_1.toml").write_text(text.replace("layers = 30", "layers = 30.5"))
    assert [fault.split(": ", 1)[1] for fault in faults(tmp_path)] == ["layers: value 30.5 must be a whole number"]
