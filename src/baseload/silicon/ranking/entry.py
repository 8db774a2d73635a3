"""Entries of the catalogue as ranking sees them, and a model's name looked up among both kinds of model."""

from difflib import SequenceMatcher

from baseload.catalog import Chip, ModelEntry, Precision, RankingModel, catalog
from baseload.errors import SetupError, Unsupported
from baseload.silicon.hardware import PCIE_GB_PER_S
from baseload.silicon.ranking.estimate import RankingChip

NEAREST = 3


def ranking_chip(entry: Chip, precision: Precision) -> RankingChip:
    """A chip's peak at a precision, memory, bandwidth and links; PCIe where it has no faster ones.

    Raises `Unsupported` where it has no arithmetic of that precision, `SetupError` where no source says its memory.
    """
    peak = entry.peak(precision)
    if peak is None:
        raise Unsupported(f"{entry.id} has no {precision} arithmetic; choose another --precision")
    if entry.memory_gb is None or entry.memory_bandwidth_gb_per_s is None:
        raise SetupError(
            f"no source says what memory chip {entry.id!r} has, so no ranking model on it can be estimated"
        )
    link_gb_per_s = entry.scaleup_gb_per_s.value if entry.scaleup_gb_per_s else PCIE_GB_PER_S
    return RankingChip(
        memory_bytes=entry.memory_gb.value * 1e9,
        bandwidth_bytes_per_s=entry.memory_bandwidth_gb_per_s.value * 1e9,
        peak_flops_per_s=peak.value * 1e12,
        link_bytes_per_s=link_gb_per_s * 1e9,
    )


def either_model(name: str) -> ModelEntry | RankingModel:
    """A language model or a ranking model by id or alias. Raises `SetupError` with the nearest of both."""
    known = catalog()
    if name in known.rankings:
        return known.rankings[name]
    if name in known.models:
        return known.models[name]
    near = {*known.models.nearest(name), *known.rankings.nearest(name)}
    likeliest = sorted(near, key=lambda one: (-_likeness(one, name), one))[:NEAREST]
    said = " or ".join(map(repr, likeliest))
    hint = f"did you mean {said}?" if said else f"it has: {', '.join(sorted((*known.models, *known.rankings)))}"
    raise SetupError(f"the catalogue has no language or ranking model {name!r}; {hint}")


def _likeness(one: str, name: str) -> float:
    return SequenceMatcher(None, one.casefold(), name.casefold()).ratio()
