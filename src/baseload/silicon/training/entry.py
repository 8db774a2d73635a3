"""Entries of the catalogue as training sees them. A precision that a chip or a training run lacks is an error."""

from baseload.catalog import Chip, ModelEntry, Precision, count_parameters
from baseload.catalog.architecture import number
from baseload.catalog.fact import Fact
from baseload.errors import SetupError, Unsupported
from baseload.silicon.training.step import Network, Trainer


def network_of(entry: ModelEntry) -> Network:
    """A language model's counts. Score flops are 4 × heads × head size per layer, and of the layers that attend."""
    shape, counted = entry.architecture, count_parameters(entry.architecture)
    width = shape.heads.value * (number(shape.v_head_dim) or shape.head_dim.value)
    return Network(
        params=counted.total,
        active_params=counted.active,
        layers=shape.layers.value,
        hidden=shape.hidden.value,
        score_flops=4.0 * shape.full_attention_layers * width,
        expert_params=counted.routed_experts,
        experts=number(shape.experts),
        experts_per_token=number(shape.experts_per_token),
        moe_layers=shape.moe_layers,
    )


def trainer_of(chip: Chip, precision: Precision) -> Trainer:
    """A chip's peak at a precision, memory and links. A chip without links trains alone."""
    peak = chip.peak(precision)
    if peak is None:
        raise Unsupported(
            f"{chip.id} has no {precision} arithmetic, so it cannot train in it; choose another --precision"
        )
    return Trainer(
        peak_flops_per_s=peak.value * 1e12,
        memory_bytes=_needed(chip, chip.memory_gb, "memory_gb") * 1e9,
        link_bytes_per_s=chip.scaleup_gb_per_s.value * 1e9 if chip.scaleup_gb_per_s else 0.0,
        domain=chip.scaleup_domain.value if chip.scaleup_domain and chip.scaleup_gb_per_s else 1,
        max_w=_needed(chip, chip.max_w, "max_w"),
    )


def _needed(chip: Chip, fact: Fact | None, what: str) -> float:
    if fact is None:
        raise SetupError(f"no source says {what} of chip {chip.id!r}, so no training run on it can be priced")
    return fact.value
