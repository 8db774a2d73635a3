"""A description is read whole or refused whole: faults with their lines, no cent lost, each value with its origin."""

from pathlib import Path

import pytest

from baseload import config
from baseload.config import Description, built_in, from_json, read, read_text, to_json
from baseload.config.cloud import ListedPrice
from baseload.errors import DescriptionError
from baseload.units import Nano, Pico

GOOD = """\
name = "lab"
[site.lab]
envelope_w = 500
tariff = "us-industrial"
[pool.cpu]
site = "lab"
[model.small]
pool = "cpu"
engine = "twin"
[tenant.acme]
business = "external"
[prices]
id = "one"
valid_from = 2026-01-02
[prices.models.small]
input_usd_per_mtok = 0.1
output_usd_per_mtok = "0.3"
"""


def text(source: str, **more: dict[str, str]) -> Description:
    return read_text(source, "x.toml", environment=more.get("environment", {}), flags=more.get("flags"))


def faults(source: str, **more: dict[str, str]) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        text(source, **more)
    return [str(fault) for fault in caught.value.faults]


def test_the_built_in_cloud_needs_no_file() -> None:
    cloud = read(environment={}).cloud
    assert [tenant.id for tenant in cloud.tenants] == ["internal", "acme", "hobby"]
    assert [tenant.business for tenant in cloud.tenants] == ["internal", "external", "external"]
    assert cloud.tenants[1].balance_nano == 25 * 10**9
    assert cloud.models[0].catalog == "smollm2-135m-instruct-q4_1"
    assert cloud.models[0].prefix_cache
    assert cloud.pools[0].chip == "auto"


def test_a_small_file_is_enough() -> None:
    cloud = text(GOOD).cloud
    assert cloud.name == "lab"
    assert cloud.tenants[0].tiers == ("default",)
    assert cloud.book.valid_from_us == 1_767_312_000_000_000
    assert cloud.gateway.port == 8080


@pytest.mark.parametrize("written", ["0.1", '"0.1"', "1e-1", "0.10"])
def test_prices_lose_nothing_to_floats(written: str) -> None:
    price = text(GOOD.replace("= 0.1\n", f"= {written}\n")).cloud.book.prices[0]
    assert (price.input_pico, price.output_pico) == (Pico(100_000), Pico(300_000))


def test_money_keeps_its_last_nano_dollar() -> None:
    source = GOOD.replace('business = "external"', 'business = "external"\nbalance_usd = 123456789.123456789')
    assert text(source).cloud.tenants[0].balance_nano == Nano(123_456_789_123_456_789)


def test_a_price_finer_than_the_books_is_refused() -> None:
    assert "finer than a pico-dollar" in faults(GOOD.replace("= 0.1\n", "= 0.0000001\n"))[0]


def test_cached_input_costs_as_input_unless_it_says_otherwise() -> None:
    assert text(GOOD).cloud.book.prices[0].cached_input_pico == 100_000
    assert text(GOOD + "cached_input_usd_per_mtok = 0\n").cloud.book.prices[0].cached_input_pico == 0


def test_a_price_that_names_an_entry_may_leave_the_rest_to_it() -> None:
    listed = GOOD.replace("input_usd_per_mtok = 0.1\n", "").replace(
        "[prices.models.small]", "[prices.models.small]\ncatalog = 'x'"
    )
    book = text(listed).cloud.book
    assert book.prices == ()
    assert book.listed == (ListedPrice(model="small", catalog="x", output_pico=Pico(300_000)),)
    assert from_json(to_json(text(listed).cloud)).book == book


def test_a_price_that_names_no_entry_says_what_it_lacks() -> None:
    assert faults(GOOD.replace("input_usd_per_mtok = 0.1\n", "").replace('output_usd_per_mtok = "0.3"\n', "")) == [
        "x.toml:15: [prices.models.small] lacks input_usd_per_mtok: prompt tokens",
        "x.toml:15: [prices.models.small] lacks output_usd_per_mtok: answer tokens",
    ]
    assert len(faults(GOOD.replace("= 0.1\n", '= "free"\n'))) == 1
    assert len(faults(GOOD.replace("input_usd_per_mtok = 0.1", "catalog = 1"))) == 1


def test_all_faults_come_at_once_each_with_its_line() -> None:
    source = """\
name = 7
[site.lab]
envelope_w = -5
pu = 1.1
tariff = "us-industrial"
[pool.cpu]
site = "lba"
tenure = "borrowed"
nodes = 1.5
[model.small]
pool = "gpu"
engine = "external"
[tenant.acme]
business = "external"
tier = "flex"
tiers = ["default", "fast"]
balance_usd = "lots"
[prices]
id = "one"
valid_from = "soon"
[prices.models.smal]
input_usd_per_mtok = 1
[gatway]
port = 1
"""
    found = faults(source)
    expected = [
        "x.toml:1: name must be a text in quotes, not 7",
        "x.toml:3: site.lab.envelope_w must be at least 0.1 W, not -5",
        "x.toml:4: unknown key 'pu' in [site.lab]; did you mean 'pue'?",
        "x.toml:7: pool.cpu.site names no site of this description: 'lba'; did you mean 'lab'?",
        'x.toml:8: pool.cpu.tenure must be one of owned, leased, rented, not "borrowed"',
        "x.toml:9: pool.cpu.nodes must be a whole number, not 1.5",
        "x.toml:10: no price for model 'small' in price book 'one'; add [prices.models.small]",
        "x.toml:11: model.small.pool names no pool of this description: 'gpu'; did you mean 'cpu'?",
        'x.toml:12: model.small is external; say where it answers: url = "http://127.0.0.1:8000"',
        'x.toml:16: tenant.acme.tiers must be one of priority, default, flex, not "fast"',
        'x.toml:17: tenant.acme.balance_usd must be an amount such as 0.25 or "0.25", not "lots"',
        'x.toml:20: prices.valid_from must be a day such as 2026-11-01, not "soon"',
        "x.toml:21: [prices.models.smal] lacks output_usd_per_mtok: answer tokens",
        "x.toml:21: a price for a model that is not here: 'smal'; did you mean 'small'?",
        "x.toml:23: unknown key 'gatway'; did you mean 'gateway'?",
    ]
    assert found == expected


def test_an_empty_file_says_what_a_cloud_needs() -> None:
    found = "\n".join(faults(""))
    for need in ("[site.NAME]", "[pool.NAME]", "[model.NAME]", "[tenant.NAME]", "[prices] lacks id"):
        assert need in found


def test_a_syntax_error_has_tomls_line() -> None:
    assert faults("a = 1\nb = = 2\n") == ["x.toml:2: is not TOML: invalid value"]
    assert faults("[site.a]\npue = 1\n[site.a]\n")[0].startswith("x.toml:3: is not TOML: cannot declare")
    assert faults('a = """x\ny\n')[0].startswith("x.toml:2: ")


def test_deeply_nested_nonsense_is_a_fault_not_a_crash() -> None:
    assert "is not TOML" in faults("a = " + "[" * 50_000)[0]


def test_a_key_in_the_wrong_place_is_told_where_it_belongs() -> None:
    assert faults("port = 80\n" + GOOD)[0] == "x.toml:1: unknown key 'port'; it belongs in [gateway]"


def test_a_table_written_as_a_value_shows_how_to_write_it() -> None:
    assert "x.toml:1: site must be a table: write [site.NAME]" in faults(
        "site = 3\n" + GOOD.replace("[site.lab]", "[sites.lab]")
    )
    assert any("must be a table: write [tenant.NAME]" in fault for fault in faults(GOOD + "[tenant]\nid = 1\n"))


def test_ids_that_one_variable_would_name_are_one_too_many() -> None:
    source = GOOD + '[tenant.ACME]\nbusiness = "internal"\n'
    assert "differ only in case or punctuation" in faults(source)[0]


def test_prefix_cache_needs_one_trust_group() -> None:
    source = (
        GOOD.replace('engine = "twin"', 'engine = "twin"\nprefix_cache = true') + '[tenant.b]\nbusiness = "internal"\n'
    )
    assert "needs all tenants in one trust_group" in faults(source)[0]
    grouped = source.replace('business = "internal"', 'business = "internal"\ntrust_group = "g"').replace(
        'business = "external"', 'business = "external"\ntrust_group = "g"'
    )
    assert text(grouped).cloud.models[0].prefix_cache


def test_engines_say_what_they_lack() -> None:
    openvino = GOOD.replace('"twin"', '"openvino"')
    assert "either catalog or path" in faults(openvino)[0]
    assert "needs its sha256" in faults(openvino.replace('"openvino"', '"openvino"\npath = "m.gguf"'))[0]
    path = GOOD.replace('"twin"', '"twin"\ncancel_path = "/cancel/{request}"')
    assert faults(path) == [
        "x.toml:10: model.small.cancel_path must be a path with the request's {id} in it, not '/cancel/{request}'"
    ]
    assert "must look like http://" in faults(GOOD.replace('"twin"', '"external"\nurl = "localhost"'))[0]


def test_a_leased_pool_says_its_rent_and_an_owned_one_pays_none() -> None:
    assert "say what it costs" in faults(GOOD.replace('site = "lab"', 'site = "lab"\ntenure = "leased"'))[0]
    assert "pays no rent" in faults(GOOD.replace('site = "lab"', 'site = "lab"\nrent_usd_per_chip_hour = 1'))[0]


def test_environment_stands_above_the_file_and_flags_above_both() -> None:
    described = text(
        GOOD,
        environment={"BASELOAD_GATEWAY__PORT": "9000", "BASELOAD_SITE__LAB__ENVELOPE_W": "12.5", "BASELOAD_DATA": "/d"},
        flags={"gateway.port": "9001", "gateway.host": None},
    )
    assert described.cloud.gateway.port == 9001
    assert described.cloud.sites[0].envelope_w == 12.5
    assert str(described.origin["gateway.port"]) == "flag --port"
    assert str(described.origin["site.lab.envelope_w"]) == "environment BASELOAD_SITE__LAB__ENVELOPE_W"
    assert str(described.origin["site.lab.tariff"]) == "x.toml:4"
    assert str(described.origin["site.lab.pue"]) == "built-in default"
    assert str(read(environment={}).origin["name"]).startswith("built-in onebox.toml:")


def test_a_variable_reaches_ids_with_dashes_lists_flags_and_money() -> None:
    described = read(
        environment={
            "BASELOAD_MODEL__SMOLLM2_135M__SLOTS": "4",
            "BASELOAD_MODEL__SMOLLM2_135M__PREFIX_CACHE": "false",
            "BASELOAD_TENANT__HOBBY__TIERS": "flex, default",
            "BASELOAD_TENANT__ACME__BALANCE_USD": "0.5",
            "BASELOAD_PRICES__MODELS__SMOLLM2_135M__OUTPUT_USD_PER_MTOK": "2",
            "BASELOAD_POOL__CPU__CHIPS_PER_NODE": "auto",
        }
    )
    model, hobby = described.cloud.models[0], described.cloud.tenants[2]
    assert (model.slots, model.prefix_cache, hobby.tiers) == (4, False, ("flex", "default"))
    assert described.cloud.tenants[1].balance_nano == 5 * 10**8
    assert described.cloud.book.listed[0].output_pico == 2_000_000


def test_a_misspelt_variable_is_a_fault() -> None:
    found = faults(GOOD, environment={"BASELOAD_GATEWAY__PROT": "1"})
    assert found == [
        "BASELOAD_GATEWAY__PROT: names no setting of this description; did you mean BASELOAD_GATEWAY__PORT?"
    ]


def test_a_bad_variable_is_named_in_its_fault() -> None:
    found = faults(GOOD, environment={"BASELOAD_GATEWAY__PORT": "http", "BASELOAD_POOL__CPU__SITE": "moon"})
    assert any(fault.startswith("BASELOAD_GATEWAY__PORT: gateway.port must be a whole number") for fault in found)
    assert any(fault.startswith("BASELOAD_POOL__CPU__SITE: pool.cpu.site names no site") for fault in found)


def test_values_are_shown_as_their_writer_would_put_them() -> None:
    values = read(environment={}).values
    assert values["tenant.acme.balance_usd"] == "25"
    assert values["site.home.envelope_w"] == "auto"
    assert values["prices.valid_from"] == "2026-11-01"
    assert values["tenant.hobby.tiers"] == []
    assert text(GOOD).values["prices.models.small.input_usd_per_mtok"] == "0.1"


def test_a_cloud_survives_json() -> None:
    for described in (read(environment={}), text(GOOD)):
        assert from_json(to_json(described.cloud)) == described.cloud


def test_a_file_that_cannot_be_read_is_one_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(DescriptionError, match="cannot be read: no such file"):
        read(tmp_path / "none.toml", environment={})
    latin = tmp_path / "latin.toml"
    latin.write_bytes('name = "Zürich"'.encode("latin-1"))
    with pytest.raises(DescriptionError, match="not UTF-8"):
        read(latin, environment={})


def test_the_built_in_text_is_a_file_to_start_from(tmp_path: Path) -> None:
    path = tmp_path / "baseload.toml"
    path.write_text("\ufeff" + built_in(), encoding="utf-8")  # editors on Windows put a mark in front
    assert read(path, environment={}).cloud == read(environment={}).cloud
    assert config.find(tmp_path) == path
