"""A price may be left to the catalogue; what the description says stands above it, and each says where it is from."""

from decimal import Decimal
from pathlib import Path

import pytest

from baseload import catalog, config
from baseload.catalog import load, localise, resolve, with_list_prices
from baseload.config.cloud import ModelPrice
from baseload.errors import DescriptionError
from baseload.units import Pico

ONE_BOX = "prices.models.smollm2-135m"
CACHING = """\
id = "x"
name = "X"
model = "X"
seller = "Example"
input_usd_per_mtok = 3.000001
cached_input_usd_per_mtok = 0.75
output_usd_per_mtok = { value = 12, low = 10, high = 15 }
[source]
title = "price list"
kind = "vendor"
date = 2026-05-01
"""


def described(**environment: str) -> config.Description:
    return with_list_prices(config.read(environment=environment))


def price_file(folder: Path, text: str) -> Path:
    (folder / "prices").mkdir()
    (folder / "prices" / "x.toml").write_text(text)
    return folder


def test_the_built_in_cloud_charges_its_list_price() -> None:
    charged = ModelPrice(
        model="smollm2-135m", input_pico=Pico(10_000), cached_input_pico=Pico(10_000), output_pico=Pico(40_000)
    )
    assert described().cloud.book.prices == (charged,)
    assert localise(config.read(environment={}).cloud).book == described().cloud.book


def test_a_list_price_is_shown_with_the_file_and_line_it_came_from() -> None:
    shown = described()
    assert shown.values[f"{ONE_BOX}.input_usd_per_mtok"] == "0.01"
    origin = shown.origin[f"{ONE_BOX}.output_usd_per_mtok"]
    assert str(origin) == "catalogue prices/smollm2-135m-2026-11.toml:9"
    line = (Path(catalog.__file__).parent / origin.file).read_text().splitlines()[origin.line - 1]
    assert line == "output_usd_per_mtok = 0.04"


def test_what_the_description_says_stands_above_the_list() -> None:
    shown = described(BASELOAD_PRICES__MODELS__SMOLLM2_135M__INPUT_USD_PER_MTOK="0")
    price = shown.cloud.book.prices[0]
    assert (price.input_pico, price.cached_input_pico, price.output_pico) == (0, 0, 40_000)
    assert shown.origin[f"{ONE_BOX}.input_usd_per_mtok"].kind == "environment"
    assert shown.origin[f"{ONE_BOX}.output_usd_per_mtok"].kind == "catalogue"


def test_a_list_price_that_is_not_there_is_a_fault_with_its_line() -> None:
    text = config.built_in().replace("smollm2-135m-2026-11", "smollm2-135m-2026-12")
    found = config.read_text(text, "mine.toml", environment={})
    (fault,) = resolve(found.cloud, found.origin)
    assert fault.message == ("the catalogue has no price 'smollm2-135m-2026-12'; did you mean 'smollm2-135m-2026-11'?")
    assert text.splitlines()[fault.line - 1].startswith('catalog = "smollm2-135m-2026-12"')


def test_a_listed_price_loses_nothing_to_floats(tmp_path: Path) -> None:
    entry = load(price_file(tmp_path, CACHING)).prices["x"]
    assert entry.input_usd_per_mtok.pico == 3_000_001
    assert entry.cached_input_usd_per_mtok is not None and entry.cached_input_usd_per_mtok.pico == 750_000
    assert (entry.output_usd_per_mtok.low, entry.output_usd_per_mtok.high) == (10, 15)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("3.000001", "0.0000001", "x.toml:5: input_usd_per_mtok: value 1e-7 is finer than a pico-dollar per token"),
        ("0.75", "7.5", "x.toml:6: cached_input_usd_per_mtok 7.5 is above input_usd_per_mtok"),
        ("= 0.75", "= -1", "x.toml:6: cached_input_usd_per_mtok: value -1 is not believable"),
    ],
)
def test_a_faulty_price_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        load(price_file(tmp_path, CACHING.replace(before, after)))
    assert any(said in str(fault) for fault in caught.value.faults), caught.value.faults


@pytest.mark.parametrize(
    ("name", "asked", "answered"),
    [
        ("gpt-4-openai-2023-03", 30, 60),
        ("gpt-4-turbo-openai-2023-11", 10, 30),
        ("llama-3.1-405b-together-2026", "3.5", "3.5"),
        ("llama-3.2-3b-together-2024-11", "0.06", "0.06"),
        ("llama-3.3-70b-turbo-fp8-deepinfra-2025", "0.13", "0.38"),
    ],
)
def test_published_list_prices(name: str, asked: str, answered: str) -> None:
    price = catalog.price(name)
    told = [Decimal(p.pico) / 1_000_000 for p in (price.input_usd_per_mtok, price.output_usd_per_mtok)]
    assert told == [Decimal(asked), Decimal(answered)], price.input_usd_per_mtok.source
    assert price.input_usd_per_mtok.kind == "vendor"
