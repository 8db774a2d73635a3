"""The chips of the catalogue: every name that measurements use is there, and its peaks are what can be used."""

from pathlib import Path

import pytest

from baseload import catalog
from baseload.catalog import Precision, Shelf, load
from baseload.catalog.chip import read_chip
from baseload.errors import DescriptionError, SetupError

MEASURED = [
    "A100-PCIe",
    "A100-SXM-80GB",
    "A30",
    "Arc-Pro-B50",
    "Arc-Pro-B60",
    "Arc-Pro-B60-dual",
    "Arc-Pro-B70",
    "B200-SXM",
    "B300-SXM",
    "GB200",
    "GB300",
    "GH200-144GB",
    "GH200-96GB",
    "Gaudi-2",
    "Gaudi-3",
    "H100-NVL",
    "H100-PCIe",
    "H100-SXM",
    "H100-SXM-pcap",
    "H200-NVL",
    "H200-SXM",
    "Inferentia2",
    "L4",
    "L40S",
    "MI210",
    "MI300X",
    "MI325X",
    "MI350X",
    "MI355X",
    "MI355X-cap1000W",
    "MTIA-2i",
    "MTIA-300",
    "MTIA-400",
    "MTIA-450",
    "MTIA-500",
    "RTX-4090",
    "RTX-PRO-4500-BSE",
    "RTX-PRO-6000-BSE",
    "TPU-v4",
    "TPU-v5e",
    "TPU-v6e",
    "Trainium1",
    "Trainium2",
    "VR200-NVL72",
    "Xeon-6787P",
    "Xeon-6980P",
]
"""Every chip that the validation files name, as they spell it."""

ALIASES = {
    "A100-80GB SXM": "A100-SXM-80GB", "H100 SXM": "H100-SXM", "H200 SXM": "H200-SXM", "B200 SXM": "B200-SXM",
    "B300 SXM (HGX)": "B300-SXM", "GB200 (per GPU, NVL72)": "GB200", "GB300 (per GPU, NVL72)": "GB300",
    "Rubin (VR200, per GPU)": "VR200-NVL72", "RTX PRO 6000 Blackwell Server": "RTX-PRO-6000-BSE", "MI250X": "MI250X",
    "MI455X (MI450 series)": "MI455X", "TPU v4": "TPU-v4", "TPU v5e": "TPU-v5e", "TPU v5p": "TPU-v5p",
    "TPU v6e (Trillium)": "TPU-v6e", "TPU7x (Ironwood)": "TPU7x", "Trainium3": "Trainium3", "Maia 100": "Maia-100",
    "Maia 200": "Maia-200", "MTIA v1 (MTIA 100)": "MTIA-v1", "MTIA 2i (MTIA 200)": "MTIA-2i", "MTIA 300": "MTIA-300",
    "MTIA 400": "MTIA-400", "MTIA 450": "MTIA-450", "MTIA 500": "MTIA-500", "Gaudi 3": "Gaudi-3",
    "Groq LPU v1": "Groq-LPU-v1", "Cerebras WSE-3": "WSE-3", "SambaNova SN40L": "SN40L", "EPYC 9654": "EPYC-9654",
    "EPYC 9754": "EPYC-9754", "Xeon 6980P": "Xeon-6980P", "h100-sxm": "H100-SXM", "h200-sxm": "H200-SXM",
    "b200-sxm": "B200-SXM", "gb200-nvl72": "GB200", "l40s": "L40S", "mi300x": "MI300X", "mi355x": "MI355X",
}  # fmt: skip
"""Names of data sheets' tables and of older descriptions."""

DENSE = [
    ("A100-SXM-80GB", {"bf16": 312, "int8": 624, "fp8": None, "fp4": None}),
    ("H100-SXM", {"bf16": 989, "fp16": 989, "fp8": 1979, "fp4": None, "int8": 1979}),
    ("L40S", {"fp8": 733}),
    ("B200-SXM", {"fp4": 9000, "int8": 4500}),
    ("B300-SXM", {"int8": 150}),
    ("MI355X", {"bf16": 2517, "fp4": 10066}),
    ("Trainium3", {"bf16": 671, "fp8": 2517, "int8": None}),
    ("MTIA-2i", {"bf16": 177, "int8": 354, "fp8": None}),
    ("Gaudi-3", {"bf16": 1677}),
    ("RTX-PRO-4500-BSE", {"bf16": None, "int4": None}),
]
"""Data sheets' dense peaks; where twice as much is quoted, that is sparse (stas00/ml-engineering, 2026-08)."""

CHIP = """\
id = "%s"
name = "X"
aliases = [%s]
vendor = "Example"
kind = "accelerator"
max_w = 100
[source]
title = "data sheet"
kind = "vendor"
date = 2026-05-01
"""


@pytest.mark.parametrize("name", MEASURED)
def test_a_chip_is_found_as_the_measurements_spell_it(name: str) -> None:
    assert catalog.chip(name).id == name


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_a_chip_is_found_by_its_other_names_in_any_case(alias: str, name: str) -> None:
    assert catalog.chip(alias).id == catalog.chip(alias.swapcase()).id == name


@pytest.mark.parametrize(("name", "peaks"), DENSE)
def test_a_peak_is_the_dense_one_and_none_where_the_chip_lacks_the_precision(
    name: str, peaks: dict[Precision, float | None]
) -> None:
    chip = catalog.chip(name)
    found = {precision: chip.peak(precision) for precision in peaks}
    assert {precision: fact and fact.value for precision, fact in found.items()} == peaks


def test_int4_weights_are_multiplied_in_bf16_where_the_chip_has_no_int4() -> None:
    chip = catalog.chip("H100-SXM")
    assert chip.int4_tops is None and chip.peak("int4") is chip.bf16_tflops


@pytest.mark.parametrize(
    ("capped", "whole", "watts"), [("H100-SXM-pcap", "H100-SXM", 350), ("MI355X-cap1000W", "MI355X", 1000)]
)
def test_a_capped_chip_differs_by_its_watts_alone(capped: str, whole: str, watts: float) -> None:
    one, other = catalog.chip(capped), catalog.chip(whole)
    assert one.need("max_w").value == watts < other.need("max_w").value
    for key in ("memory_gb", "memory_bandwidth_gb_per_s", "bf16_tflops", "fp8_tflops", "scaleup_gb_per_s"):
        assert getattr(one, key).value == getattr(other, key).value


def test_a_card_of_two_chips_counts_both() -> None:
    both, one = catalog.chip("Arc-Pro-B60-dual"), catalog.chip("Arc-Pro-B60")
    for key in ("memory_gb", "memory_bandwidth_gb_per_s", "bf16_tflops", "int8_tops", "max_w"):
        assert getattr(both, key).value == 2 * getattr(one, key).value


def test_a_chip_at_rest_draws_less_than_at_its_limit() -> None:
    for chip in catalog.catalog().chips.values():
        assert (chip.idle_w is None) == (chip.max_w is None), chip.id
        if chip.idle_w and chip.max_w:
            assert chip.idle_w.high < chip.max_w.low, chip.id


def test_faster_arithmetic_comes_with_fewer_bits() -> None:
    for chip in catalog.catalog().chips.values():
        rates = [fact.value for fact in (chip.peak("bf16"), chip.peak("fp8"), chip.peak("fp4")) if fact]
        assert rates == sorted(rates), chip.id


def test_what_nobody_says_is_asked_for_in_one_sentence() -> None:
    with pytest.raises(
        SetupError, match=r"^no source says price_usd of chip 'GB300', which a pool needs; set price_usd"
    ):
        catalog.chip("GB300").need("price_usd")


def test_names_that_lead_to_two_chips_are_all_named(tmp_path: Path) -> None:
    (tmp_path / "chips").mkdir()
    for name, aliases in (("one", '"Shared", "TWO"'), ("two", '"shared", "Two"'), ("three", "")):
        (tmp_path / "chips" / f"{name}.toml").write_text(CHIP % (name, aliases))
    with pytest.raises(DescriptionError) as caught:
        load(tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "chips/one.toml:3: alias 'TWO' is already a name of 'two'; drop it from one of them",
        "chips/two.toml:3: alias 'shared' is already a name of 'one'; drop it from one of them",
        "chips/two.toml:3: alias 'Two' is the id itself, in any case; drop it from one of them",
    ]


def test_asking_for_one_chip_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(CHIP % ("good", '"fine"'))
    (tmp_path / "bad.toml").write_text("= =")
    shelf = Shelf([tmp_path / "good.toml", tmp_path / "bad.toml"], read_chip)
    assert shelf["FINE"].id == "good"
    assert len(shelf.read_all()) == 1
