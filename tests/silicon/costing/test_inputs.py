"""The catalogue of costs: every number has a source, series are followed, a faulty file is refused with all faults."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from baseload.catalog.cost import cost_inputs, load_costs
from baseload.catalog.design import designs, load_designs
from baseload.catalog.floorplan import floorplans, load_floorplans
from baseload.errors import DescriptionError

FOLDER = Path(__file__).parents[3] / "src" / "baseload" / "catalog"
GOOD = """\
id = "x"
name = "X"
[wafer_price_n3]
low = 19000
value = 23000
high = 27000
unit = "USD/wafer_300mm"
source = "quotes"
[[hbm4_price]]
value = 15
unit = "USD/GB"
kind = "assumed"
source = "ours"
date = 2026-01-01
[[hbm4_price]]
value = 25
kind = "assumed"
source = "ours"
date = 2027-01-01
[source.quotes]
title = "two quotes"
kind = "estimate"
date = 2026-05-01
"""
DESIGN = """\
id = "y"
name = "Y"
seller = "merchant"
package = "cowos_s"
memory_type = "hbm3e"
server = "hgx"
memory_gb = 96
memory_sites = 4
chips_per_server = 8
[[die]]
name = "a"
node = "n5"
area_mm2 = 400
count = 1
units = 40
units_needed = 38
[source]
title = "data sheet"
kind = "vendor"
date = 2026-05-01
"""


def faults(folder: Path, text: str, load: object = load_costs, name: str = "x") -> list[str]:
    (folder / f"{name}.toml").write_text(text)
    with pytest.raises(DescriptionError) as caught:
        load(folder)  # type: ignore[operator]
    return [str(fault) for fault in caught.value.faults]


def test_every_cost_has_a_source_a_range_and_a_unit() -> None:
    inputs = cost_inputs()
    assert sum(map(len, inputs.series.values())) >= 144
    for name in inputs:
        for fact in inputs.dated(name):
            assert len(fact.source) >= 6, name
            assert fact.low <= fact.value <= fact.high, name
            assert fact.unit, name


def test_every_number_of_a_file_is_read() -> None:
    told = set(cost_inputs())
    for path in (FOLDER / "costs").glob("*.toml"):
        assert set(tomllib.loads(path.read_text())) - {"id", "name", "source"} <= told, path.name


def test_every_design_and_floorplan_says_where_its_numbers_come_from() -> None:
    assert {"H100-SXM", "H200-SXM", "MI300X", "MTIA-2i", "A100-SXM-80GB", "B200-SXM"} <= set(designs())
    facts = [fact for design in designs().values() for fact in design.facts.values()]
    facts += [count for plan in floorplans().values() for count in plan.counts.values()]
    assert len(facts) > 150
    assert all(len(fact.source) >= 10 and fact.date.year >= 2020 for fact in facts)


def test_a_dated_series_is_followed_by_straight_lines(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(GOOD)
    inputs = load_costs(tmp_path)
    found = [inputs.at("hbm4_price", day).value for day in (date(2020, 1, 1), date(2026, 7, 2), date(2030, 1, 1))]
    assert found == pytest.approx([15, 20, 25], abs=0.02)
    assert inputs["hbm4_price"].value == 25
    assert inputs.at("wafer_price_n3", date(2030, 1, 1)).low == 19000


def test_a_what_if_states_a_value_and_leaves_the_rest() -> None:
    inputs = cost_inputs().replaced(hbm3_price=20.0)
    fact = inputs["hbm3_price"]
    assert (fact.low, fact.value, fact.high, fact.kind) == (20, 20, 20, "assumed")
    assert inputs["hbm4_price"] == cost_inputs()["hbm4_price"]


def test_an_unknown_input_names_the_nearest() -> None:
    with pytest.raises(DescriptionError, match="no cost input 'hbm3_prise'; did you mean 'hbm3_price'"):
        cost_inputs()["hbm3_prise"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("value = 23000", "value = 23", "x.toml:5: wafer_price_n3: value 23 is not believable"),
        ("value = 23000", "value = 29000", "value 29000 lies outside 19000 to 27000"),
        ('unit = "USD/wafer_300mm"', 'unit = "USD"', "wafer_price_n3 is in USD/wafer_300mm, not USD"),
        ("value = 25", "value = 250", "x.toml:16: hbm4_price: value 250 is not believable"),
        ("date = 2027-01-01", "date = 2026-01-01", "hbm4_price says two figures for one day"),
        ("date = 2027-01-01", 'date = "soon"', "hbm4_price needs the date of its source"),
        ("[wafer_price_n3]", "[waiver_price_n3]", "'waiver_price_n3' belongs to no family of cost inputs"),
        ('source = "quotes"\n', "", "wafer_price_n3 does not say its source"),
        ('id = "x"', 'id = "z"', "id is not the name of its file"),
        ("[source.quotes]", "[source.quotations]", "there is no [source.quotes]"),
    ],
)
def test_a_faulty_cost_file_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD
    found = faults(tmp_path, GOOD.replace(before, after, 1))
    assert any(said in fault for fault in found), found


def test_all_faults_of_all_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("id = [")
    found = faults(tmp_path, GOOD.replace("value = 23000", "value = 1").replace("value = 25", "value = 1000"))
    assert {fault.split(":")[0] for fault in found} == {"costs/a.toml", "costs/x.toml"}
    assert len(found) >= 3


def test_a_name_told_twice_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD.replace('id = "x"', 'id = "a"'))
    assert any("wafer_price_n3 is already told in costs/a.toml" in fault for fault in faults(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("area_mm2 = 400", "area_mm2 = 4000", "y.toml:13: area_mm2: value 4000 is not believable"),
        ('node = "n5"', 'node = "5nm"', "y.toml:12: node must be one of n14"),
        ('seller = "merchant"', 'seller = "thief"', "seller must be one of merchant, partner, own"),
        ("units_needed = 38\n", "", "units and units_needed go together"),
        ("units_needed = 38", "units_needed = 41", "units_needed 41 is above units 40"),
        ("count = 1", "cuont = 1", "unknown key 'cuont'"),
        ("[[die]]", "[die]", "write [[die]] tables"),
        ("memory_gb = 96", 'memory_gb = "96"', "memory_gb: value must be a number"),
        ('name = "Y"', 'name = "Y"\naliases = "YY"', "aliases must be a list of texts"),
        ('id = "y"', 'id = "z"', "id 'z' is not the name of its file"),
    ],
)
def test_a_faulty_design_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in DESIGN
    found = faults(tmp_path, DESIGN.replace(before, after, 1), load_designs, "y")
    assert any(said in fault for fault in found), found


def test_a_faulty_floorplan_is_named(tmp_path: Path) -> None:
    text = (FOLDER / "floorplans" / "GA100.toml").read_text()
    text = text.replace("cores = 128", "cores = 1.5").replace("nvlink3", "string")
    found = faults(tmp_path, text, load_floorplans, "GA100")
    assert any("cores: value 1.5 must be a whole number" in fault for fault in found)
    assert any("chip_link must be one of" in fault for fault in found)
