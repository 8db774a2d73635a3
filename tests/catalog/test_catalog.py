"""The catalogue's own files are sound, and a file that is not is refused with all its faults."""

from dataclasses import replace
from pathlib import Path

import pytest

from baseload import catalog, config
from baseload.catalog import Machine, count_parameters, detect_chip, load, localise, resolve
from baseload.catalog.detect import parse
from baseload.errors import DescriptionError, SetupError

GOOD_CHIP = """\
id = "x1"
name = "X1"
vendor = "Example"
kind = "gpu"
idle_w = { value = 10, kind = "vendor", source = "data sheet", date = 2026-05-01 }
max_w = { value = 100, kind = "vendor", source = "data sheet", date = 2026-05-01 }
price_usd = { value = 1000, low = 800, high = 1200, kind = "estimate", source = "quote", date = 2026-05-01 }
life_years = { value = 5, kind = "assumed", source = "ours", date = 2026-05-01 }
"""


def chip_file(folder: Path, text: str, name: str = "x1") -> Path:
    (folder / "chips").mkdir(exist_ok=True)
    (folder / "chips" / f"{name}.toml").write_text(text)
    return folder


def faults(folder: Path) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        load(folder)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["h100-sxm", "h200-sxm", "b200-sxm", "mi300x", "epyc-genoa-vcpu", "xeon-icelake-vcpu"])
def test_a_chip_that_is_full_draws_more_than_an_idle_one(name: str) -> None:
    chip = catalog.chip(name)
    assert 0 < chip.need("idle_w").value < chip.need("max_w").value


def test_the_embedded_models_numbers_agree_with_one_another() -> None:
    model = catalog.model("smollm2-135m-instruct-q4_1")
    shape, servable = model.architecture, model.servable
    assert servable is not None and servable.sha256.startswith("b179c952")
    assert shape.hidden.value == shape.heads.value * shape.head_dim.value
    kv_width = shape.kv_heads.value * shape.head_dim.value
    assert shape.layers.value * 2 * kv_width * 2 == servable.kv_bytes_per_token.value
    assert shape.parameters is not None and count_parameters(shape).total == shape.parameters.value
    assert servable.reference_chip in catalog.catalog().chips


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(SetupError, match=r"^the catalogue has no chip 'h100-smx'; did you mean 'H100-SXM'"):
        catalog.chip("h100-smx")
    with pytest.raises(SetupError, match=r"^the catalogue has no model 'Lama-3.1-70B'; did you mean 'Llama-3.1-70B'"):
        catalog.model("Lama-3.1-70B")


def test_all_faults_of_all_files_come_together(tmp_path: Path) -> None:
    bad = (
        GOOD_CHIP.replace("value = 10,", "value = -1,")
        .replace('source = "quote", ', "")
        .replace('kind = "gpu"', 'kind = "tpu"')
    )
    chip_file(tmp_path, bad + 'colour = "red"\n')
    chip_file(tmp_path, GOOD_CHIP.replace("[", "[[") + "= =", "broken")
    found = faults(tmp_path)
    assert any(fault.startswith("chips/broken.toml:") and "is not TOML" in fault for fault in found)
    assert "chips/x1.toml:4: kind must be cpu, gpu or accelerator, not 'tpu'" in found
    assert "chips/x1.toml:5: idle_w: value -1 is not believable; expected 0.01 to 10000 W" in found
    assert "chips/x1.toml:7: price_usd does not say its source" in found
    assert any(fault.startswith("chips/x1.toml:9: unknown key 'colour'") for fault in found)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("low = 800", "low = 1100", "price_usd: value 1000 lies outside 1100 to 1200"),
        ('kind = "assumed"', 'kind = "hearsay"', "life_years: kind must be one of vendor, measured, estimate, assumed"),
        ("value = 5,", 'value = 5, unit = "months",', "life_years is in years, not months"),
        ("value = 5,", "value = 5, hight = 6,", "unknown key 'hight' in [life_years]"),
        ("value = 10,", "value = 200,", "idle_w 200 is above max_w 100"),
        ("2026-05-01 }\nmax_w", '"May" }\nmax_w', "idle_w needs the date of its source"),
        ('id = "x1"', 'id = "x2"', "id 'x2' is not the name of its file"),
        ("max_w = {", "max_watts = {", "unknown key 'max_watts'; did you mean 'max_w'?"),
        ('kind = "gpu"', 'kind = "gpu"\naliases = "x-1"', "aliases must be a list of texts in quotes"),
        ("price_usd = { value = 1000, low", "price_usd = { value = nan, low", "price_usd: value must be a number"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in GOOD_CHIP
    assert any(said in fault for fault in faults(chip_file(tmp_path, GOOD_CHIP.replace(before, after, 1))))


@pytest.mark.parametrize(
    ("vendor", "family", "model", "chip"),
    [
        ("AuthenticAMD", 25, 17, "epyc-genoa-vcpu"),
        ("AuthenticAMD", 25, 1, "epyc-milan-vcpu"),
        ("AuthenticAMD", 23, 49, "generic-x86-vcpu"),
        ("GenuineIntel", 6, 106, "xeon-icelake-vcpu"),
        ("GenuineIntel", 6, 143, "xeon-sapphire-rapids-vcpu"),
        ("GenuineIntel", 6, 85, "xeon-cascade-lake-vcpu"),
    ],
)
def test_a_processor_is_recognised(vendor: str, family: int, model: int, chip: str) -> None:
    text = (
        f"processor\t: 0\nvendor_id\t: {vendor}\ncpu family\t: {family}\nmodel\t\t: {model}\nmodel name\t: Some CPU\n\n"
    )
    assert detect_chip(parse(text * 2, "x86_64", 2)).id == chip


def test_an_arm_machine_is_recognised_by_its_kernel() -> None:
    assert (
        detect_chip(parse("processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd40\n", "aarch64", 4)).id
        == "generic-arm-vcpu"
    )


def test_a_machine_that_shows_nothing_gets_the_generic_entry() -> None:
    assert detect_chip(parse("", "riscv64", 1)).id == "generic-x86-vcpu"


def test_names_the_catalogue_lacks_are_reported_with_their_lines() -> None:
    text = config.built_in().replace('"us-industrial"', '"us-industrail"').replace('chip = "auto"', 'chip = "h100"')
    described = config.read_text(text, "mine.toml", environment={})
    found = [str(fault) for fault in resolve(described.cloud, described.origin)]
    assert len(found) == 2
    assert found[0].startswith(
        "mine.toml:15: the catalogue has no tariff 'us-industrail'; did you mean 'us-industrial'?"
    )
    assert found[1].startswith("mine.toml:23: the catalogue has no chip 'h100'")


def test_a_pool_needs_what_its_chip_draws_and_what_nobody_paid_for_it_costs() -> None:
    text = config.built_in().replace('chip = "auto"', 'chip = "Trainium1"')
    described = config.read_text(text, "mine.toml", environment={})
    found = [str(fault) for fault in resolve(described.cloud, described.origin)]
    assert len(found) == 3
    assert found[0].startswith("mine.toml:23: no source says idle_w of chip 'Trainium1', which a pool needs; choose")
    assert "no source says price_usd of chip 'Trainium1', which a pool needs; set price_usd_per_chip in its" in found[2]


def test_a_shape_without_a_file_cannot_be_served_by_the_embedded_engine() -> None:
    text = config.built_in().replace('catalog = "smollm2-135m-instruct-q4_1"', 'catalog = "Llama-3.1-8B"')
    described = config.read_text(text, "mine.toml", environment={})
    (found,) = resolve(described.cloud, described.origin)
    assert found.message == "the catalogue has the shape of 'Llama-3.1-8B' but no file of it"


def test_a_description_may_name_a_chip_by_an_alias() -> None:
    text = config.built_in().replace('chip = "auto"', 'chip = "gb200-nvl72"')
    described = config.read_text(text, "mine.toml", environment={})
    assert resolve(described.cloud, described.origin) == []
    assert localise(described.cloud).pools[0].chip == "GB200"


def test_the_built_in_cloud_resolves_and_fits_any_machine() -> None:
    cloud = config.read(environment={}).cloud
    assert resolve(cloud) == []
    machine = Machine(vendor_id="GenuineIntel", family=6, model=106, machine="x86_64", name="x", vcpus=8)
    fitted = localise(cloud, machine)
    assert fitted.pools[0].chip == "xeon-icelake-vcpu"
    assert fitted.pools[0].chips_per_node == 8
    assert fitted.sites[0].envelope_w == 37  # 8 × 3.758 W × 1.2, rounded up
    assert localise(fitted, replace(machine, vcpus=2)) == fitted


def test_this_machine_fits_too() -> None:
    fitted = localise(config.read(environment={}).cloud)
    assert fitted.pools[0].chips_per_node >= 1
    assert fitted.sites[0].envelope_w > 0
