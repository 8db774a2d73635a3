"""Snapshots as files: what is written is read, and everything wrong is said at once."""

from pathlib import Path

import pytest
from hypothesis import given, settings

from baseload.dispatch import Snapshot
from baseload.dispatch.snapshot_io import from_json, from_toml, read_file, to_json, to_toml
from baseload.errors import DescriptionError
from tests.dispatch.cases import one_box, snapshots, work

EXAMPLE = Path(__file__).parents[2] / "examples" / "dispatch" / "one-box.toml"


def faults_of(text: str) -> list[str]:
    with pytest.raises(DescriptionError) as raised:
        from_toml(text, "box.toml")
    return [str(f) for f in raised.value.faults]


@settings(max_examples=50, deadline=None)
@given(snapshots())
def test_toml_and_json_read_back_to_the_same_snapshot(snapshot: Snapshot) -> None:
    try:
        again = from_toml(to_toml(snapshot))
    except DescriptionError as error:  # what runs now need not fit in a random case: that is a fault of its own
        assert all("what runs now" in f.message or "must be" in f.message for f in error.faults)
    else:
        assert again == snapshot == from_json(to_json(snapshot))


def test_odd_names_survive() -> None:
    odd = 'a "b" ü.c'
    box = one_box((work(odd, (1e-4, 1.0)),), {odd: 4.0})
    assert from_toml(to_toml(box)) == box


def test_all_faults_of_form_come_together_with_line_path_and_nearest_key() -> None:
    text = EXAMPLE.read_text()
    for good, bad in (
        ("pue = 1.2", "peu = 1.2"),
        ("nodes = 1 ", 'nodes = "one" '),
        ('tier = "flex"', 'tier = "flexible"'),
        ("clear_s = 0.1", "clear_s = true"),
    ):
        assert good in text
        text = text.replace(good, bad)
    found = faults_of(text)
    assert len(found) == 4
    assert any("sites[0].peu: is not a key here; did you mean 'pue'?" in f for f in found)
    assert any("pools[0].nodes: must be a whole number, is 'one'" in f for f in found)
    assert any("classes[2].tier: must be one of reserved, priority, default, flex, batch" in f for f in found)
    line = text.splitlines().index(next(x for x in text.splitlines() if x.startswith("peu"))) + 1
    assert f"box.toml:{line}: " in next(f for f in found if "peu" in f)


def test_all_faults_of_sense_come_together_with_the_line_of_their_key() -> None:
    text = EXAMPLE.read_text()
    for good, bad in (
        ('site = "home"', 'site = "hoem"'),
        ('pool = "cpu"', 'pool = "gpu"'),
        ("pue = 1.2", "pue = 0.8"),
        ("shortfall_usd = 0.001", "shortfall_usd = 0.00001"),
    ):
        text = text.replace(good, bad)
    found = faults_of(text)
    assert [f.split(": ", 1)[1].split(":")[0] for f in found] == [
        "sites[home].pue",
        "pools[cpu].site",
        "recipes[chat-q4].pool",
        "classes[internal].reservation.shortfall_usd",
    ]
    assert all(f.startswith("box.toml:") and f.split(":")[1].strip().isdigit() for f in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[sites]", "is not TOML"),
        ("", "sites: is missing"),
        ("sites = 3\npools = []\nrecipes = []\nclasses = []", "sites: must be a list, is 3"),
        ("sites = [3]\npools = []\nrecipes = []\nclasses = []", "sites[0]: must be a table, is 3"),
        ("sites = []\npools = []\nrecipes = []\nclasses = []\nhorizon_s = inf", "horizon_s: must be a finite number"),
    ],
)
def test_a_bad_file_says_what(text: str, said: str) -> None:
    assert any(said in f for f in faults_of(text))


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="cannot be read"):
        read_file(tmp_path / "nowhere.toml")
    (tmp_path / "box.json").write_text("{")
    with pytest.raises(DescriptionError, match="is not JSON"):
        read_file(tmp_path / "box.json")
