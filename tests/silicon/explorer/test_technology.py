"""What chips can be made of: read with sources, and every fault of every file at once."""

from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest

from baseload.catalog.technology import FEATURES, load_technology, technology
from baseload.errors import DescriptionError


def copy(to: Path) -> Path:
    for kind in ("nodes", "memories", "shifts", "rules"):
        copytree(str(files("baseload.catalog").joinpath(kind)), to / kind)
    return to


def test_the_shipped_technology_has_what_a_search_needs() -> None:
    found = technology()
    assert {"n5", "n3", "n2"} <= set(found.nodes)
    assert {"hbm3e", "hbm4", "lpddr5x", "gddr7"} <= set(found.memories)
    assert {"mixture-of-experts", "long-context", "state-space", "diffusion", "speculation", "lower-precision",
            "recommender"} == set(found.shifts)  # fmt: skip
    assert {f for s in found.shifts.values() for f in (*s.requires, *s.gains_from)} == set(FEATURES)


def test_every_number_says_its_source_and_its_unit() -> None:
    found = technology()
    for thing in (*found.nodes.values(), *found.memories.values(), found.rules):
        for name in thing.__slots__:
            fact = getattr(thing, name)
            if not isinstance(fact, str):
                assert fact.source and fact.unit and fact.low <= fact.value <= fact.high, name


def test_every_shift_says_its_source_and_leaves_no_work_free() -> None:
    for shift in technology().shifts.values():
        assert shift.source
        assert min(shift.flops, shift.prefill_flops, shift.weight_bytes, shift.kv_bytes, shift.capacity) > 0


def test_all_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    for name, old, new in (
        ("nodes/n5.toml", "energy_factor = 1.0", "energy_factor = -1.0"),
        ("memories/hbm4.toml", "stack_gb = 36", "stack_gigabytes = 36"),
        ("shifts/long-context.toml", "requires = []", 'requires = ["wings"]'),
    ):
        file = folder / name
        file.write_text(file.read_text().replace(old, new))
    with pytest.raises(DescriptionError) as caught:
        load_technology(folder)
    told = str(caught.value)
    assert "nodes/n5.toml" in told and "not believable" in told
    assert "memories/hbm4.toml" in told and "[stack_gb] is missing (GB)" in told
    assert "requires must list some of all_to_all, vector, fp4, gather" in told


def test_missing_rules_are_told(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "rules" / "design.toml").unlink()
    with pytest.raises(DescriptionError, match="rules/design.toml: is missing"):
        load_technology(folder)
