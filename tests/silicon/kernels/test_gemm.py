"""Matrix products: bounds of physics, order, and what cannot run."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.catalog import chip
from baseload.errors import BaseloadError, Unsupported
from baseload.silicon.kernels import gemm_case, gemm_s, grid_s

SIZES = st.integers(1, 32768)
MEASURED = st.sampled_from(
    [("H100-SXM", "bf16"), ("H100-SXM", "fp8_block"), ("B200-SXM", "nvfp4"), ("A100-SXM-80GB", "bf16"), ("L40S", "fp8")]
)


@given(where=MEASURED, n=SIZES, k=SIZES)
@settings(max_examples=60, deadline=None)
def test_more_rows_more_columns_or_more_depth_never_take_less_time(where: tuple[str, str], n: int, k: int) -> None:
    sizes = np.unique(np.geomspace(1, 32768, 60).astype(int))
    for grid in (
        gemm_case(where[0], sizes, n, k, where[1], "vllm"),
        gemm_case(where[0], 64, sizes, k, where[1], "vllm"),
        gemm_case(where[0], 64, n, sizes, where[1], "vllm"),
    ):
        seconds = grid_s(grid)
        few = np.asarray(grid.quantities["rows"]) < 32
        same_kernel = (few[1:] == few[:-1]) if few.ndim else np.ones(len(seconds) - 1, dtype=bool)
        assert np.all(np.diff(seconds)[same_kernel] >= 0)


@given(where=MEASURED, m=SIZES, n=SIZES, k=SIZES)
@settings(max_examples=60, deadline=None)
def test_no_product_beats_the_datasheet(where: tuple[str, str], m: int, n: int, k: int) -> None:
    case = gemm_case(where[0], m, n, k, where[1], "vllm")
    assert float(grid_s(case)) > max(float(case.quantities["compute_s"]), float(case.quantities["memory_s"]))


def test_a_band_holds_its_own_centre_and_widens_with_ignorance() -> None:
    known = gemm_s("H100-SXM", 512, 8192, 8192, "bf16", "vllm")
    kin = gemm_s("GH200-96GB", 512, 8192, 8192, "bf16", "vllm")
    stranger = gemm_s("Gaudi-3", 512, 8192, 8192, "bf16", "vllm")
    assert (known.mode, kin.mode, stranger.mode) == ("calibrated", "pooled", "datasheet")
    for guess in (known, kin, stranger):
        assert guess.low < guess.value < guess.high
    assert known.high / known.low < stranger.high / stranger.low


def test_a_relative_with_more_bandwidth_reads_weights_faster() -> None:
    assert gemm_s("H200-SXM", 8, 8192, 28672).value < gemm_s("H100-SXM", 8, 8192, 28672).value


def test_precision_that_a_chip_lacks_is_an_error_that_names_what_it_has() -> None:
    assert chip("A100-SXM-80GB").fp8_tflops is None
    with pytest.raises(Unsupported, match=r"A100-SXM-80GB has no fp8 arithmetic.*it runs bf16"):
        gemm_s("A100-SXM-80GB", 16, 4096, 4096, "fp8")
    with pytest.raises(Unsupported, match="has no fp4"):
        gemm_s("H100-SXM", 16, 4096, 4096, "nvfp4")


def test_a_format_has_the_names_that_tools_give_it() -> None:
    assert gemm_s("H100-SXM", 64, 4096, 4096, "float16") == gemm_s("H100-SXM", 64, 4096, 4096, "bfloat16")
    assert gemm_s("H100-SXM", 64, 4096, 4096, "fp8_static") == gemm_s("H100-SXM", 64, 4096, 4096, "fp8")


def test_unknown_chips_formats_and_empty_matrices_are_errors() -> None:
    with pytest.raises(BaseloadError, match="did you mean 'H100-SXM'"):
        gemm_s("H100-SMX", 16, 4096, 4096)
    with pytest.raises(Unsupported, match="'bf17' are not known; known are bf16"):
        gemm_s("H100-SXM", 16, 4096, 4096, "bf17")
    with pytest.raises(Unsupported, match="at least one row"):
        gemm_s("H100-SXM", 0, 4096, 4096)
