"""A ranking model's tables and perceptrons add up to the benchmark's, and a file without them is refused."""

from pathlib import Path

import pytest

from baseload import catalog
from baseload.catalog import load
from baseload.errors import DescriptionError

FILE = Path(catalog.__file__).parent / "models" / "ranking-dlrm-dcnv2.toml"


def test_the_tables_are_the_benchmarks_hundred_gigabytes() -> None:
    model = catalog.ranking("DLRM-DCNv2")
    assert model.id == "ranking-dlrm-dcnv2"
    assert model.table_bytes == pytest.approx(104.5e9, rel=0.01)  # 204 million rows × 128 × 4 bytes
    assert model.embedding_bytes_per_sample == 214 * 128 * 4


def test_the_dense_part_is_small_beside_the_tables() -> None:
    model = catalog.ranking("ranking-dlrm-dcnv2")
    assert model.interaction_width == 27 * 128
    bottom = 13 * 512 + 512 * 256 + 256 * 128
    top = 3456 * 1024 + 1024 * 1024 + 1024 * 512 + 512 * 256 + 256
    assert model.dense_parameters == bottom + top + 3 * 2 * 3456 * 512
    assert model.flops_per_sample == 2 * model.dense_parameters + 214 * 128
    assert model.dense_parameters * 4 < model.table_bytes / 1000


def test_the_widths_have_their_source() -> None:
    cited = catalog.ranking("DLRMv2").widths_cited
    assert cited is not None and cited.kind == "vendor" and cited.url.startswith("https://github.com/mlcommons/")


def test_a_ranking_model_is_no_language_model() -> None:
    assert "ranking-dlrm-dcnv2" not in catalog.catalog().models
    assert "Llama-3.1-8B" not in catalog.catalog().rankings


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("bottom = [512, 256, 128]\n", "", "[perceptron] bottom must be a list of widths"),
        ("bottom = [512", "bottom = [0", "[perceptron] bottom must be a list of widths"),
        ("tables = 26", "tables = 2.5", "tables: value 2.5 must be a whole number"),
        ("dimension = 128\n", "", "[dimension] is missing (values)"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    text = FILE.read_text()
    assert before in text
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FILE.name).write_text(text.replace(before, after, 1))
    with pytest.raises(DescriptionError) as caught:
        load(tmp_path)
    assert any(said in str(fault) for fault in caught.value.faults), caught.value
