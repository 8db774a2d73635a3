"""TRAFFIC.toml: what is written reads back, all faults come together with their lines, and the examples are mixes."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.config.traffic import Slo, Spread, Traffic, TrafficClass
from baseload.config.traffic_io import read_traffic, traffic_from_toml, traffic_to_toml
from baseload.errors import DescriptionError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "traffic").glob("*.toml"))
PAGE = (ROOT / "docs" / "reference" / "traffic.md").read_text(encoding="utf-8")

GOOD = """\
[traffic]
name = "mix"
kind = "assumed"
requests_per_s = 12.5

[[class]]
model = "Llama-3.1-70B"
tier = "internal"
share = 0.4
input_tokens = { mean = 1024, p50 = 900, p90 = 2100, p99 = 6000 }
output_tokens = { mean = 256, p50 = 200, p90 = 600, p99 = 1200 }
[class.slo]
ttft_ms = 2000

[[class]]
model = "Llama-3.1-70B"
tier = "flex"
share = 0.6
input_tokens = { mean = 10, p50 = 10, p90 = 10, p99 = 10 }
output_tokens = { mean = 5, p50 = 5, p90 = 5, p99 = 5 }
"""


def faults(text: str) -> list[str]:
    with pytest.raises(DescriptionError) as caught:
        traffic_from_toml(text, "t.toml")
    return [str(fault) for fault in caught.value.faults]


def test_a_mix_reads_as_it_says() -> None:
    mix = traffic_from_toml(GOOD)
    assert (mix.name, mix.kind, mix.requests_per_s, mix.since) == ("mix", "assumed", 12.5, None)
    assert mix.hours == pytest.approx([1 / 24] * 24)
    first, second = mix.classes
    assert first.input_tokens == Spread(mean=1024, p50=900, p90=2100, p99=6000)
    assert first.slo == Slo(ttft_ms=2000.0, percentile=90.0)
    assert (second.tier, second.slo, second.cached_fraction) == ("flex", None, None)


positive = st.floats(1e-6, 1e9, allow_nan=False)


@st.composite
def spreads(draw: st.DrawFn) -> Spread:
    p50, p90, p99 = sorted(draw(st.lists(positive, min_size=3, max_size=3)))
    return Spread(mean=draw(positive), p50=p50, p90=p90, p99=p99)


@st.composite
def mixes(draw: st.DrawFn) -> Traffic:
    names = draw(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=4, unique=True))
    parts = draw(st.lists(st.integers(1, 1000), min_size=len(names), max_size=len(names)))
    spread = spreads()
    classes = tuple(
        TrafficClass(
            model=name,
            tier=draw(st.sampled_from(("internal", "external", "flex"))),
            share=part / sum(parts),
            input_tokens=draw(spread),
            output_tokens=draw(spread),
            cached_fraction=draw(st.none() | st.floats(0, 1)),
            measured_ttft_ms=draw(st.none() | spread),
            measured_tpot_ms=draw(st.none() | spread),
            slo=draw(st.none() | st.builds(Slo, ttft_ms=positive, tpot_ms=st.none() | positive)),
        )
        for name, part in zip(names, parts, strict=True)
    )
    return Traffic(
        name=draw(st.text(max_size=20)),
        kind="measured",
        since="2026-10-25T00:00:00Z",
        until="2026-11-24T00:00:00Z",
        requests=draw(st.none() | st.integers(1, 10**9)),
        requests_per_s=draw(positive),
        classes=classes,
    )


@given(mix=mixes())
def test_what_is_written_reads_back_as_the_same_mix(mix: Traffic) -> None:
    assert traffic_from_toml(traffic_to_toml(mix, notes=["a note"])) == mix


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_mixes_and_are_marked_assumed(path: Path) -> None:
    assert read_traffic(path).kind == "assumed"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            "share = 0.6",
            "share = 0.7",
            "t.toml:9: class[0].share: the shares of all classes must add up to 1, add up to 1.1",
        ),
        ("share = 0.6", "shear = 0.6", "t.toml:18: class[1].shear: is not a key here; did you mean 'share'?"),
        ('"flex"', '"batch"', "t.toml:17: class[1].tier: must be one of internal, external, flex, is 'batch'"),
        ('"flex"', '"internal"', "t.toml:16: class[1].model: 'Llama-3.1-70B' at tier 'internal' is there twice"),
        (
            "p90 = 2100",
            "p90 = 800",
            "t.toml:10: class[0].input_tokens: must have 0 ≤ p50 ≤ p90 ≤ p99, has 900, 800, 6000",
        ),
        ("p90 = 2100, ", "", "t.toml:10: class[0].input_tokens.p90: is missing"),
        ("12.5", '"fast"', "t.toml:4: traffic.requests_per_s: must be a number, is 'fast'"),
        ("12.5", "0", "t.toml:4: traffic.requests_per_s: must be above 0, is 0"),
        ("ttft_ms = 2000", "percentile = 90", "t.toml:12: class[0].slo: promises nothing"),
        ('"assumed"', '"measured"', "t.toml:1: traffic: since is missing; a measured mix says of which period it is"),
        ('"mix"', '"mix"\nhours = [1]', "t.toml:3: traffic.hours: must be 24 shares"),
        ('"mix"', '"mix"\nsince = "2026-11-01"', "t.toml:3: traffic.since: must say its zone"),
        ('"mix"', '"mix"\nsince = "May"', "t.toml:3: traffic.since: must be a time such as"),
        ("[traffic]", "[trafic]", "t.toml:1: trafic: is not a table here"),
        ("[[class]]", "[[class]", "is not TOML"),
    ],
)
def test_a_fault_is_named_with_its_line(before: str, after: str, said: str) -> None:
    assert before in GOOD
    found = faults(GOOD.replace(before, after, 1))
    assert any(said in fault for fault in found), found


def test_all_faults_come_together() -> None:
    found = faults(GOOD.replace("kind", "kin").replace('"flex"', "5").replace("mean = 5,", "mean = true,"))
    assert len(found) == 4  # an unknown key, a missing one, a choice and a number


def test_a_mix_without_classes_and_a_file_that_is_not_there_say_what_to_do(tmp_path: Path) -> None:
    assert faults(GOOD.split("[[class]]")[0]) == ["t.toml: there is no [[class]]; write one for each model and tier"]
    with pytest.raises(DescriptionError, match="baseload usage traffic"):
        read_traffic(tmp_path / "none.toml")


def test_a_period_that_ends_before_it_begins_is_a_fault() -> None:
    mix = replace(traffic_from_toml(GOOD), since="2026-11-02T00:00:00Z", until="2026-11-01T00:00:00Z")
    assert any("traffic.until: must come after since" in fault for fault in faults(traffic_to_toml(mix)))


def test_the_page_has_every_key_and_its_example_is_a_mix() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    mix = traffic_from_toml(example)
    assert mix.kind == "measured"
    told = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    keys = {f.name for kind in (Traffic, TrafficClass, Spread, Slo) for f in fields(kind)} - {"classes", "slo"}
    assert told == keys
