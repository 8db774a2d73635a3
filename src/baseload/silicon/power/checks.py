"""Rows of silicon_checks.csv about power, which name a model and a batch but no context: its length is assumed.

Phi-3-mini is not in the catalogue; its figures are those of its technical report (arXiv:2404.14219).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from baseload.catalog import Chip
from baseload.silicon.constants import Constants
from baseload.silicon.estimate import Estimate
from baseload.silicon.hardware import hardware_of
from baseload.silicon.kernels.checks import chip_named
from baseload.silicon.left_out import LeftOut, Row
from baseload.silicon.plan import Plan
from baseload.silicon.power.rows import banded
from baseload.silicon.power.shares import Phase, decoding, mean_watts
from baseload.silicon.serving import Served, physics
from baseload.silicon.shape import Shape

PHI_3_MINI = Shape(
    layers=32,
    moe_layers=0,
    hidden=3072,
    heads=32,
    kv_heads=32,
    latent=False,
    mixer_params=32 * 4 * 3072**2,
    mlp_params=32 * 3 * 3072 * 8192,
    expert_params=0.0,
    head_params=32064 * 3072,
    embedding_params=32064 * 3072,
    experts=0,
    experts_per_token=0,
    kv_values=32 * 2 * 3072,
    window_values=0.0,
    window_tokens=0,
    window_kept=False,
    state_bytes=0.0,
    score_flops=4 * 3072 * 32,
    prefill_score_flops=4 * 3072 * 32,
    window_prefill_flops=0.0,
)
CONTEXT_TOKENS = 512.0
"""Of the benchmark's short chats: assumed."""
SAID = f"{CONTEXT_TOKENS:.0f} tokens of context assumed"


def check(row: Row) -> Estimate:
    """A row of the category power, in its unit. LeftOut with the reason."""
    for words, predict in PREDICTED.items():
        if words in row["quantity"]:
            return predict(row)
    raise LeftOut(f"{row['quantity']} is not modelled")


def phi_decoding(entry: Chip, batch: float) -> tuple[Phase, float]:
    """A step of Phi-3-mini in 16 bits on one chip, and its watts."""
    served = Served(hardware=hardware_of(entry), shape=PHI_3_MINI, plan=Plan(tensor=1), precision="bf16", family="vllm")
    phase = decoding(physics(served), Constants(), batch, CONTEXT_TOKENS)
    if not entry.idle_w or not entry.max_w:
        raise LeftOut(f"no source says idle or maximum watts of {entry.id}")
    return phase, mean_watts(entry.idle_w.value, entry.max_w.value, [phase])


def _phi(row: Row) -> Estimate:
    found, said = chip_named(row["subject"])
    return banded(phi_decoding(found, 128.0)[1], "; ".join(filter(None, (said, SAID))))


def _batches(row: Row) -> Estimate:
    """Joules per token alone over joules per token among 128. The row says any GPU: an H200, as in its neighbours."""
    found, _ = chip_named("H200 SXM")
    (alone, alone_w), (crowd, crowd_w) = phi_decoding(found, 1.0), phi_decoding(found, 128.0)
    ratio = alone.seconds * alone_w / (crowd.seconds * crowd_w / 128.0)
    return banded(ratio, f"Phi-3-mini on {found.id}; {SAID}")


def _formats(row: Row) -> Estimate:
    """At full load a chip draws its limit in every format."""
    return replace(banded(1.0, "both at the chip's limit"), low=0.9, high=1.1)


def _idle(row: Row) -> Estimate:
    raise LeftOut("the catalogue's idle watts are this very figure")


def _range(row: Row) -> Estimate:
    raise LeftOut("the models of the range are not named")


PREDICTED: Mapping[str, Callable[[Row], Estimate]] = {
    "idle power": _idle,
    "Phi-3-mini decode batch 128": _phi,
    "power range": _range,
    "FP8 vs BF16": _formats,
    "energy per token, batch 1 over batch 128": _batches,
}
