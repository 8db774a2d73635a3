"""The shapes of the catalogue's models add up to what their makers publish, and a shape that cannot be is refused."""

from pathlib import Path

import pytest

from baseload import catalog
from baseload.catalog import count_parameters, load
from baseload.errors import DescriptionError

TOTALS_B = {
    "Llama-3.1-8B": 8.03, "Llama-3.1-70B": 70.55, "Llama-3.1-405B": 405.85, "Llama-3-8B": 8.03, "Llama-3-70B": 70.55,
    "Llama-3.3-70B": 70.55, "Llama-4-Maverick": 400.7, "Mixtral-8x7B": 46.7, "gpt-oss-120b": 116.78,
    "gpt-oss-20b": 20.91, "Qwen3-32B": 32.76, "Qwen3-235B-A22B": 235.04, "Qwen3-30B-A3B": 30.52,
    "MiniMax-M2.5": 228.64, "Llama-2-70B": 68.98, "Llama-2-7B": 6.74, "Llama-2-13B": 13.02, "CodeLlama-34B": 33.74,
    "Mistral-7B": 7.24, "Qwen2.5-7B": 7.62, "BLOOM-176B": 176.23,
}  # fmt: skip
"""Counted from the configs when the validation data was gathered, in 1e9."""

PUBLISHED_B = [
    ("DeepSeek-V3", 671, 37, "arXiv:2412.19437"),
    ("DeepSeek-R1", 671, 37, "arXiv:2501.12948"),
    ("Kimi-K2.5", 1040, 32, "arXiv:2507.20534, Kimi K2: 1.04T, 32.6B with the input table"),
    ("gpt-oss-120b", 116.83, 5.13, "arXiv:2508.10925, table 1"),
    ("gpt-oss-20b", 20.91, 3.61, "arXiv:2508.10925, table 1"),
    ("Qwen3-235B-A22B", 235, 22, "arXiv:2505.09388"),
    ("Qwen3.5-397B-A17B", 397, 17, "its model card"),
    ("GLM-5", 744, 40, "its model card"),
    ("Llama-4-Scout", 109, 17, "its model card; with the vision tower and the input table"),
    ("Mixtral-8x7B", 46.7, 12.9, "arXiv:2401.04088"),
    ("Nemotron-H-56B", 56, 56, "arXiv:2504.03624"),
]

NAMES = {
    "meta-llama/Llama-3.1-70B-Instruct": "Llama-3.1-70B",
    "deepseek-ai/DeepSeek-V3": "DeepSeek-V3",
    "OPENAI/GPT-OSS-120B": "gpt-oss-120b",
    "zai-org/GLM-5.2": "GLM-5.2",
}

SHAPE = """\
id = "m"
name = "M"
family = "llama"
layers = 4
hidden = 64
heads = 8
kv_heads = 2
head_dim = 8
ffn = 256
vocabulary = 1000
[source]
title = "config.json"
kind = "vendor"
date = 2026-05-01
"""


def faults(folder: Path, text: str) -> list[str]:
    (folder / "models").mkdir()
    (folder / "models" / "m.toml").write_text(text)
    with pytest.raises(DescriptionError) as caught:
        load(folder)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(("name", "total"), TOTALS_B.items())
def test_parameters_are_those_counted_from_the_config(name: str, total: float) -> None:
    counted = count_parameters(catalog.model(name).architecture).total / 1e9
    assert counted == pytest.approx(total, rel=0.02), f"{name}: expected {total}, got {counted:.2f}"


@pytest.mark.parametrize(("name", "total", "active", "source"), PUBLISHED_B)
def test_parameters_are_those_published(name: str, total: float, active: float, source: str) -> None:
    counted = count_parameters(catalog.model(name).architecture)
    assert counted.total / 1e9 == pytest.approx(total, rel=0.02), f"{name}: expected {total} ({source})"
    assert counted.active / 1e9 == pytest.approx(active, rel=0.06), f"{name}: expected {active} active ({source})"


def test_the_parts_of_gpt_oss_are_those_of_its_card() -> None:
    """arXiv:2508.10925, table 1: MLP 114.71B, attention 0.96B, embedding and unembedding 1.16B."""
    parts = count_parameters(catalog.model("gpt-oss-120b").architecture)
    assert parts.routed_experts / 1e9 == pytest.approx(114.71, rel=0.001)
    assert parts.attention / 1e9 == pytest.approx(0.96, rel=0.01)
    assert (parts.embedding + parts.head) / 1e9 == pytest.approx(1.16, rel=0.01)


@pytest.mark.parametrize("name", [*TOTALS_B, *(row[0] for row in PUBLISHED_B), "GLM-5.2"])
def test_a_model_is_found_as_the_measurements_spell_it(name: str) -> None:
    assert catalog.model(name).id == name


@pytest.mark.parametrize(("alias", "name"), NAMES.items())
def test_a_model_is_found_by_its_name_on_the_hub(alias: str, name: str) -> None:
    assert catalog.model(alias).id == name


def test_layers_are_of_the_kinds_that_the_configs_say() -> None:
    def kinds(name: str) -> tuple[int, int, int, int]:
        a = catalog.model(name).architecture
        return a.attention_layers, a.full_attention_layers, a.moe_layers, a.dense_mlp_layers

    assert kinds("Llama-3.1-8B") == (32, 32, 0, 32)
    assert kinds("gpt-oss-120b") == (36, 18, 36, 0)
    assert kinds("DeepSeek-V3") == (61, 61, 58, 3)
    assert kinds("Llama-4-Maverick") == (48, 12, 24, 24)
    assert kinds("Qwen3.5-397B-A17B") == (15, 15, 60, 0)
    assert kinds("Nemotron-H-56B") == (10, 10, 0, 54)


def test_a_constant_state_is_a_matrix_per_head_and_a_tail_of_the_convolution() -> None:
    assert catalog.model("Llama-3.1-8B").architecture.state_bytes_per_sequence == 0
    state = catalog.model("Nemotron-H-56B").architecture.state_bytes_per_sequence
    assert state == 54 * (256 * 64 * 256 * 4 + (256 * 64 + 2 * 8 * 256) * 3 * 2)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("layers = 4", 'attention = "linear"\nlayers = 4', "attention must be mha, gqa or mla, not 'linear'"),
        ("layers = 4", 'attention = "mla"\nlayers = 4', "kv_lora_rank, rope_head_dim, nope_head_dim, v_head_dim miss"),
        ("ffn = 256", "experts = 8", "experts_per_token, moe_ffn missing: experts, experts_per_token, moe_ffn go"),
        ("ffn = 256", "window_tokens = 8", "window_layers missing"),
        ("ffn = 256\n", "", "ffn is missing: 4 layers have no routed experts"),
        ("kv_heads = 2", "kv_heads = 3", "heads 8 do not divide among kv_heads 3"),
        ("ffn = 256", "ffn = 256\nwindow_tokens = 8\nwindow_layers = 5", "layers 4 are fewer than the kinds of layers"),
        ("ffn = 256", "ffn = 256\nparameters = 1e9", "parameters: 1e+09 published, but the layers add up to"),
        ("layers = 4", "layers = 0", "layers: value 0 is not believable; expected 1 to 10000 layers"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    assert before in SHAPE
    found = faults(tmp_path, SHAPE.replace(before, after, 1))
    assert any(said in fault for fault in found), found
