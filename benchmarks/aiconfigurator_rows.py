"""Rows of measurements as AIConfigurator would be asked for them: its names, its inputs, or why it cannot be asked.

Its estimator knows NVIDIA systems, three engines, and a closed loop of so many requests in an engine that prefills and
decodes on the same chips. It is asked for nothing else.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from baseload.catalog import chip, model
from baseload.silicon.calibrate.parallelism import FULL, SHORT, Unclear, layout_of
from baseload.silicon.hardware import hardware_of
from baseload.silicon.shape import shape_of

SYSTEMS = {
    "A100-SXM-80GB": "a100_sxm",
    "H100-SXM": "h100_sxm",
    "H200-SXM": "h200_sxm",
    "B200-SXM": "b200_sxm",
    "B300-SXM": "b300_sxm",
    "GB200": "gb200",
    "GB300": "gb300",
    "L40S": "l40s",
    "RTX-PRO-6000-BSE": "rtx_pro_6000_server",
}
"""With kernel measurements in the wheel's systems/."""
BACKENDS = ("vllm", "sglang", "trtllm")
CHECKPOINTS = {
    "DeepSeek-R1": {"": "deepseek-ai/DeepSeek-R1", "fp8": "deepseek-ai/DeepSeek-R1"},
    "DeepSeek-V3": {
        "": "deepseek-ai/DeepSeek-V3",
        "fp8": "deepseek-ai/DeepSeek-V3",
        "fp4": "nvidia/DeepSeek-V3.1-NVFP4",
    },
    "GLM-5": {"": "zai-org/GLM-5", "fp8": "zai-org/GLM-5-FP8", "fp4": "nvidia/GLM-5-NVFP4"},
    "GLM-5.2": {"": "zai-org/GLM-5.2", "fp8": "zai-org/GLM-5.2-FP8", "fp4": "nvidia/GLM-5.2-NVFP4"},
    "Kimi-K2.5": {"": "moonshotai/Kimi-K2.5", "int4": "moonshotai/Kimi-K2.5", "fp4": "nvidia/Kimi-K2.5-NVFP4"},
    "Llama-3.1-405B": {"": "meta-llama/Meta-Llama-3.1-405B"},
    "Llama-3.1-70B": {"": "meta-llama/Meta-Llama-3.1-70B", "fp8": "nvidia/Llama-3.1-70B-Instruct-FP8"},
    "Llama-3.1-8B": {"": "meta-llama/Meta-Llama-3.1-8B"},
    "MiniMax-M2.5": {"": "MiniMaxAI/MiniMax-M2.5", "fp8": "MiniMaxAI/MiniMax-M2.5", "fp4": "nvidia/MiniMax-M2.5-NVFP4"},
    "Mixtral-8x7B": {"": "mistralai/Mixtral-8x7B-v0.1"},
    "Qwen3-235B-A22B": {
        "": "Qwen/Qwen3-235B-A22B",
        "fp8": "Qwen/Qwen3-235B-A22B-FP8",
        "fp4": "nvidia/Qwen3-235B-A22B-NVFP4",
    },
    "Qwen3-30B-A3B": {"": "Qwen/Qwen3-30B-A3B", "fp8": "Qwen/Qwen3-30B-A3B-FP8"},
    "Qwen3-32B": {"": "Qwen/Qwen3-32B", "fp8": "Qwen/Qwen3-32B-FP8"},
    "Qwen3.5-397B-A17B": {"": "Qwen/Qwen3.5-397B-A17B", "fp4": "nvidia/Qwen3.5-397B-A17B-NVFP4"},
    "gpt-oss-120b": {"": "openai/gpt-oss-120b", "fp4": "openai/gpt-oss-120b", "fp8": "openai/gpt-oss-120b"},
}
"""Those whose shapes are in the wheel (it would fetch others); by precision, the checkpoint that has it by itself."""
QUANTISED = {
    "fp8": ("fp8", "fp8"),
    "fp4": ("nvfp4", "nvfp4"),
    "int4": ("int4_wo", "int4_wo"),
    "bf16": None,
    "fp16": None,
}
"""Its names for the modes of dense matrices and of experts, where its regression file does not state them."""
BLOCKED_EXPERTS = ("sglang", "fp8", "fp8_block")
"""SGLang's FP8 experts are scaled by block in all rows of its regression file."""
LOAD = re.compile(r"^concurrency=(\d+)(?:\s+batch=(\d+))?$")
SAMPLE = re.compile(r"silicon_sample\.csv id=(\S+)")
METRICS = ("tpot_ms", "ttft_ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Its inputs for one row, under its names. `gemm` and `moe` are quantisation modes; None: the checkpoint's."""

    system: str
    backend: str
    model: str
    checkpoint: str
    """The one that has the row's precision by itself; empty without."""
    gemm: str | None
    moe: str | None
    tp: int
    pp: int
    attention_dp: int
    moe_tp: int | None
    moe_ep: int | None
    isl: int
    osl: int
    batch: int
    """Requests at once per attention data-parallel rank: the row's, else its concurrency shared out."""
    concurrency: int
    sample: str = ""
    """The row's id in its regression file, whose modes are asked for where there is one."""


def ask_of(row: Mapping[str, str]) -> Ask | str:
    """Its inputs for a row of serving_e2e.csv, or the reason there are none."""
    words = row["engine"].split()
    backend = words[0].lower() if words else ""
    precision = row["precision"].strip()
    reason = _outside(row, backend, precision)
    if reason:
        return reason
    split = _split(row)
    load = LOAD.match(row["concurrency_or_mode"].strip())
    if split is None:
        return "parallelism is not stated in full"
    if load is None:
        return "the load is not a closed loop of stated concurrency"
    modes = QUANTISED[precision] or (None, None)
    known = CHECKPOINTS[row["model"]]
    found = SAMPLE.search(row["source"])
    concurrency = int(load[1])
    shared = max(1, math.ceil(concurrency / (split.engines * split.attention_dp)))
    return Ask(
        system=SYSTEMS[row["chip"]],
        backend=backend,
        model=known[""],
        checkpoint=known.get(precision, ""),
        gemm=modes[0],
        moe=BLOCKED_EXPERTS[2] if (backend, modes[1]) == BLOCKED_EXPERTS[:2] else modes[1],
        tp=split.tp,
        pp=split.pp,
        attention_dp=split.attention_dp,
        moe_tp=split.moe_tp,
        moe_ep=split.moe_ep,
        isl=round(float(row["isl"])),
        osl=round(float(row["osl"])),
        batch=int(load[2]) if load[2] and split.as_stated else shared,
        concurrency=concurrency,
        sample=found[1] if found else "",
    )


def _outside(row: Mapping[str, str], backend: str, precision: str) -> str:
    """Why a row is nothing for it; empty when it may be asked."""
    if row["quality"] == "suspect":
        return "quality is suspect"
    if row["chip"] not in SYSTEMS:
        return "chip without measurements of its own"
    if backend not in BACKENDS:
        return "engine is not one of its three"
    if row["model"] not in CHECKPOINTS:
        return "model is not among its shapes"
    if precision not in QUANTISED:
        return "precision has no mode of its own"
    if row["parallelism"].startswith("P:"):
        return "disaggregated deployment"
    if not row["isl"].strip() or not row["osl"].strip():
        return "input or output length is not stated"
    if "cach" in row["workload"]:
        return "part of the input is cached"
    if row["statistic"] in ("p95", "p99"):
        return "a tail, and its figure is a mean"
    return ""


class Split(NamedTuple):
    """How one engine is spread over chips, under its names, and how many engines share the load."""

    tp: int
    pp: int
    attention_dp: int
    moe_tp: int | None
    moe_ep: int | None
    engines: int
    as_stated: bool
    """False where attention is not split as the text says, by the rules of `calibrate.parallelism`."""


def _split(row: Mapping[str, str]) -> Split | None:
    """None when it cannot be read. Read as Baseload reads it, so that both are asked about the same deployment."""
    text = row["parallelism"]
    full, short = FULL.search(text), SHORT.match(text)
    shape, hardware = shape_of(model(row["model"]).architecture), hardware_of(chip(row["chip"]))
    try:
        layout = layout_of(text, int(row["n_chips"]), shape, hardware.domain)
    except Unclear:
        return None
    plan = layout.decode
    width = plan.tensor * plan.data
    if full:
        moe_tp, moe_ep = (int(full[k]) if full[k] else None for k in (4, 5))
        as_stated = (plan.tensor, plan.data) == (int(full[1]), max(1, int(full[3] or 1)))
    elif short:
        moe_tp, moe_ep = (width, 1) if short[1] == "TP" else (1, width)
        as_stated = width == int(short[2])
    else:
        return None
    if moe_tp and moe_ep and moe_tp * moe_ep != width:  # experts in as many groups as said, on the chips there are
        moe_ep = min(moe_ep, width)
        moe_tp = width // moe_ep
    return Split(plan.tensor, plan.pipeline, plan.data, moe_tp, moe_ep, layout.replicas, as_stated)
