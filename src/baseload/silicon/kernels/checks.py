"""Rows of silicon_checks.csv about kernels: products, layers, best products, links. In the row's own unit."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from baseload.catalog import Chip, chip
from baseload.errors import BaseloadError
from baseload.silicon.estimate import Estimate
from baseload.silicon.hardware import GB, hardware_of
from baseload.silicon.kernels.gemm import gemm_case
from baseload.silicon.kernels.layer import OPERATORS, Layer
from baseload.silicon.kernels.predict import estimate
from baseload.silicon.kernels.row import seconds_of
from baseload.silicon.left_out import LeftOut, Row, leaving_out

SIZES = re.compile(r"M=(\d+) N=(\d+) K=(\d+)")
PARALLEL = re.compile(r"(\d+)x (.+) TP(\d+)")
PROMPT = re.compile(r"batch (\d+), seq (\d+)")
STEP = re.compile(r"one decode step, batch (\d+), KV (\d+)")
ENGINE = "PyTorch"
GPT3 = {"hidden": 12288, "heads": 96, "inner": 49152}
"""Brown et al. 2020 (arXiv:2005.14165), table 2.1."""
BEST_SIZE = 16384
"""Rows, columns and depth of a product that nothing but arithmetic limits."""
COPY_SHARE, COPY_LOW, COPY_HIGH = 0.90, 0.80, 0.95
"""Of a link, what a bare copy reaches between headers and flow control: assumed, no measurement fitted."""


def chip_named(subject: str) -> tuple[Chip, str]:
    """The chip of a check's subject and what was assumed to find it. LeftOut when there is none."""
    if not subject.strip():
        raise LeftOut("the chip is not stated")
    first = subject.split()[0]
    for name in (subject, subject.replace(" ", "-"), f"{subject} SXM", f"{first}-SXM"):
        try:
            found = chip(name)
        except BaseloadError:
            continue
        return found, "" if name in (subject, subject.replace(" ", "-")) else f"{found.id} taken for {subject!r}"
    raise LeftOut(f"chip {subject!r} is not in the catalogue")


def check(row: Row) -> Estimate:
    """A row whose category is one of `CATEGORIES`, predicted in its unit. LeftOut with the reason."""
    with leaving_out():
        return CATEGORIES[row["category"]](row)


def _product(row: Row) -> Estimate:
    sizes = SIZES.search(row["conditions"])
    if not sizes:
        raise LeftOut("the size of the product is not stated")
    found, assumption = chip_named(row["subject"])
    m, n, k = (int(size) for size in sizes.groups())
    return _in_unit(estimate(gemm_case(found.id, m, n, k, "fp16", ENGINE)), row, assumption)


def _layer(row: Row) -> Estimate:
    parallel = PARALLEL.match(row["subject"])
    prompt, step = PROMPT.search(row["conditions"]), STEP.search(row["conditions"])
    if not parallel or not (prompt or step):
        raise LeftOut("the layer's shape is not stated")
    found, assumption = chip_named(parallel[2])
    batch, tokens = (int(number) for number in (step or prompt or parallel).groups())
    layer = Layer(
        chip=found.id,
        tensor=int(parallel[3]),
        batch=batch,
        new_tokens=1 if step else tokens,
        context=tokens,
        engine=ENGINE,
        **GPT3,
    )
    name = row["quantity"].removesuffix(" time")
    if name == "layer total":
        return _in_unit(_total([estimate(made(layer)) for made in OPERATORS.values()]), row, assumption)
    if name not in OPERATORS:
        raise LeftOut(f"operator {name} is not modelled")
    return _in_unit(estimate(OPERATORS[name](layer)), row, assumption)


def _total(parts: list[Estimate]) -> Estimate:
    return replace(
        parts[0],
        value=sum(part.value for part in parts),
        low=sum(part.low for part in parts),
        high=sum(part.high for part in parts),
    )


def _best(row: Row) -> Estimate:
    """Without quantising: the published figure is of matrices that already lie in the format."""
    words = row["quantity"].split()
    if "matmul" not in words:
        raise LeftOut(f"{row['quantity']} is not modelled")
    found, assumption = chip_named(row["subject"])
    case = gemm_case(found.id, BEST_SIZE, BEST_SIZE, BEST_SIZE, words[words.index("matmul") - 1], ENGINE)
    seconds = estimate(replace(case, quantities={**case.quantities, "quantise_s": 0.0}))
    tera_operations = 2.0 * BEST_SIZE**3 / 1e12
    return replace(
        seconds,
        value=tera_operations / seconds.value,
        low=tera_operations / seconds.high,
        high=tera_operations / seconds.low,
        assumption=assumption,
    )


def _copy(row: Row) -> Estimate:
    if "copy" not in row["quantity"] or row["unit"] != "GB/s":
        raise LeftOut(f"{row['quantity']} is not modelled")
    found, assumption = chip_named(row["subject"])
    link = hardware_of(found).link_bytes_per_s / GB
    said = f"a copy reaches {COPY_SHARE:.0%} of a link"
    return Estimate(
        value=link * COPY_SHARE,
        low=link * COPY_LOW,
        high=link * COPY_HIGH,
        mode="datasheet",
        assumption="; ".join(filter(None, (assumption, said))),
    )


def _in_unit(seconds: Estimate, row: Row, assumption: str) -> Estimate:
    return replace(seconds.times(1.0 / seconds_of(row)), assumption=assumption or seconds.assumption)


CATEGORIES: Mapping[str, Callable[[Row], Estimate]] = {
    "perf_gemm": _product,
    "perf_layer": _layer,
    "perf_peak": _best,
    "perf_net": _copy,
}
