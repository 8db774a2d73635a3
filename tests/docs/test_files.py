"""The examples of the file reference are files that work."""

import json
import re
import struct
import tomllib
from dataclasses import fields
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from baseload.billing.daybook import Entered
from baseload.catalog.fact import Fact, FactKind, Source
from baseload.catalog.load import Catalog, load
from baseload.cli.place import SavedKeys
from baseload.cli.ready import Ready
from baseload.config.cloud import Cloud, Gateway, Model, ModelPrice, Pool, PriceBook, Site, Tenant
from baseload.dispatch.snapshot_io import read_file
from baseload.fleet.worker.spec import TwinSpec, WorkerSpec
from baseload.store import tally

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "files.md").read_text()


def section(name: str) -> str:
    """What stands under a heading."""
    return PAGE.split(f"\n## {name}\n", 1)[1].split("\n## ")[0]


def blocks(name: str) -> list[str]:
    """Its examples."""
    return re.findall(r"^```[a-z]*\n(.*?)^```", section(name), re.MULTILINE | re.DOTALL)


def example(name: str) -> Any:
    return json.loads(blocks(name)[0])


def test_the_snapshot_example_is_the_one_the_tests_solve() -> None:
    assert blocks("snapshot.toml")[0] == (ROOT / "tests" / "cli" / "snapshot.toml").read_text()


def test_the_snapshot_example_with_what_runs_is_one_too(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("\n".join(blocks("snapshot.toml")))
    assert read_file(tmp_path / "s.toml").current[0].recipe == "tiny-on-box"


ENTRIES = {
    "Numbers of the catalogue": "chips",
    "catalog/chips/NAME.toml": "chips",
    "catalog/models/NAME.toml": "models",
    "catalog/models/ranking-NAME.toml": "models",
    "catalog/tariffs/NAME.toml": "tariffs",
    "catalog/prices/NAME.toml": "prices",
}


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalogue that the page's examples make."""
    folder = tmp_path_factory.mktemp("catalog")
    for heading, kind in ENTRIES.items():
        (folder / kind).mkdir(exist_ok=True)
        for text in blocks(heading):
            (folder / kind / f"{tomllib.loads(text)['id']}.toml").write_text(text)
    return load(folder)


def test_the_catalogue_examples_are_entries(examples: Catalog) -> None:
    assert list(examples.chips) == ["example-vcpu", "example-x2"]
    assert list(examples.tariffs) == ["example-night"]
    assert list(examples.prices) == ["example-1b-2026-05"]
    servable, moe = examples.models["example-1b-q4"].servable, examples.models["Example-30B-A3B"].architecture
    assert servable is not None and servable.reference_chip in examples.chips
    assert moe.experts is not None and moe.experts.value == 128
    assert examples.rankings["ranking-example"].interaction_width == 26 * 128 + 128


def test_the_example_of_numbers_says_what_its_comments_say(examples: Catalog) -> None:
    chip = examples.chips["example-x2"]
    full, price = chip.need("max_w"), chip.need("price_usd")
    assert (full.kind, full.cited.url) == ("vendor", "https://example.com/x2.pdf")
    assert (chip.need("idle_w").kind, price.source, price.shape) == ("measured", "two quotes", "triangular")
    assert chip.memory_gb is not None and chip.memory_gb.note == "four stacks"


def test_every_kind_of_number_and_its_mark_is_told() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| .* \| (\w+) \|$", section("Numbers of the catalogue"), re.MULTILINE))
    source = partial(Source, title="x", date=date(2026, 1, 1))
    facts = [Fact(value=1, low=1, high=1, unit="W", cited=source(kind=kind)) for kind in get_args(FactKind)]
    assert told == {fact.kind: fact.mark for fact in facts}


def test_the_day_books_example_is_what_the_day_book_writes() -> None:
    told = example("daybook/day-0.log, daybook/day-1.log")
    assert json.loads(msgspec.json.encode(msgspec.convert(told, Entered))) == told


def test_the_json_examples_have_the_keys_of_the_files() -> None:
    assert list(example("The ready file")) == [f.name for f in fields(Ready)]
    assert list(example("run/keys.json")) == [f.name for f in fields(SavedKeys)]
    assert set(example("run/admin.json")) == {"url", "secret", "gateway_url", "pid"}


def test_the_workers_example_is_a_whole_spec() -> None:
    told = example("run/NAME.spec.json")
    assert list(told) == [f.name for f in fields(WorkerSpec)]
    assert list(told["twin"]) == [f.name for f in fields(TwinSpec)]
    assert msgspec.convert(told, WorkerSpec).replica == "smollm2-135m/0"


def test_the_roster_example_has_the_keys_of_a_written_one(tmp_path: Path) -> None:
    from baseload.fleet.replica import Replica, write_roster

    spec = msgspec.convert(example("run/NAME.spec.json"), WorkerSpec)
    row = Replica(id=spec.replica, pool="home", spec=spec, spec_file=tmp_path / "x.spec.json", log=tmp_path / "x.log")
    write_roster(tmp_path, [row], {})
    assert set(example("run/replicas.json")[0]) == set(json.loads((tmp_path / "run" / "replicas.json").read_text())[0])


def test_the_cloud_example_names_fields_that_are_there() -> None:
    told = example("run/cloud.json")
    parts = [
        (told, Cloud), (told["gateway"], Gateway), (told["sites"][0], Site), (told["pools"][0], Pool),
        (told["models"][0], Model), (told["tenants"][0], Tenant), (told["book"], PriceBook),
        (told["book"]["prices"][0], ModelPrice),
    ]  # fmt: skip
    for part, kind in parts:
        assert set(part) - {f.name for f in fields(kind)} == set(), kind


def test_the_tally_is_laid_out_as_told() -> None:
    text = section("tally/*.tally")
    assert tally.MAGIC.decode() in text
    assert tally.HEADER_BYTES == 64
    assert tally.FIXED.size == 44
    assert f"{tally.FIXED.size} bytes and its payload" in text
    assert struct.calcsize("<16sI") == 20
    assert all(f"{state.value} {state.name.lower()}" in text for state in tally.RowState)


def test_the_rows_of_requests_are_all_told() -> None:
    from baseload.billing import usage

    columns = re.findall(r"u\.(\w+)[,\n]|AS (\w+)", usage._NEWEST.split("FROM usage_event u WHERE")[0])
    names = {a or b for a, b in columns} - {"event_id"} | {"cost_usd", "energy_joules"}
    first = "\n".join(re.findall(r"^\| (`.*?) \|", section("Rows of /admin/requests"), re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", first)) == names


def test_the_columns_of_the_csv_are_those_of_the_console() -> None:
    head = blocks("/usage.csv")[0].splitlines()[0].split(",")
    source = (ROOT / "src/baseload/console/pages/usage.py").read_text()
    assert ", ".join(f'"{name}"' for name in head[1:]) in source
