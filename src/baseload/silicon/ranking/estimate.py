"""A ranking model on chips: embedding tables that fill the memory, lookups that fill its bandwidth, a small MLP.

Tables are spread over the chips, samples too: each chip gathers its rows for everybody's samples, an all-to-all brings
the pooled vectors to the chip of their sample, and the MLP runs there (DLRM, arXiv:1906.00091; Neo, arXiv:2104.05158).
The three overlap from batch to batch, so the slowest sets the rate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Literal

import numpy as np

from baseload.catalog import RankingModel
from baseload.catalog.fact import FactSpec
from baseload.errors import Unsupported
from baseload.silicon.coefficients import Number
from baseload.silicon.ranged import Band, Facts, band, central, drawn, read_facts

Binds = Literal["bandwidth", "compute", "network"]
Work = Literal["serving", "training"]

SECTOR_BYTES = 64
"""The least that a read of a row brings from memory."""
TABLE_SHARE = 0.9
"""Of the memory that may hold tables."""
ROW_STATE_BYTES = 4
"""Row-wise Adagrad keeps one FP32 number a row (as Neo does)."""
VECTOR_BYTES = 2
"""Of a value in the all-to-all: FP16."""
PASSES = {"serving": 1, "training": 3}
"""Of rows in memory: read; or read, and read and written by the update. Of the MLP: forward; or with both gradients."""
EXCHANGES = {"serving": 1, "training": 2}

SPECS = tuple(
    FactSpec(name=name, unit="share", least=0.01, most=1)
    for name in ("gather_efficiency", "mlp_utilisation", "exchange_efficiency")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingShape:
    """A model: rows and lookups of a sample over all tables, and the operations of one sample, forward."""

    tables: int
    rows: float
    dimension: int
    bytes_per_value: float
    lookups_per_sample: float
    flops_per_sample: float

    def table_bytes(self, work: Work) -> float:
        state = ROW_STATE_BYTES if work == "training" else 0
        return self.rows * (self.dimension * self.bytes_per_value + state)

    def gathered_bytes_per_sample(self, work: Work) -> float:
        """From memory, all chips together: whole sectors."""
        row = max(SECTOR_BYTES, self.dimension * self.bytes_per_value)
        return self.lookups_per_sample * row * PASSES[work]

    def exchanged_bytes_per_sample(self, work: Work, chips: int) -> float:
        """Through the links, all chips together: one pooled vector of each table that lies on another chip."""
        return self.tables * self.dimension * VECTOR_BYTES * (chips - 1) / chips * EXCHANGES[work]


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingChip:
    """A chip: bytes, and bytes and operations per second; `link` is one direction, to the other chips."""

    memory_bytes: float
    bandwidth_bytes_per_s: float
    peak_flops_per_s: float
    link_bytes_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingRate:
    """Modelled samples per second, per chip. `chips_for_capacity` is the fewest that hold the tables."""

    chips: int
    chips_for_capacity: int
    binds: Binds
    samples_per_s_per_chip: Band


@cache
def ranking_facts() -> Facts:
    """Those that ship with Baseload, read once."""
    text = files(__package__).joinpath("facts.toml").read_text(encoding="utf-8")
    return read_facts(text, "silicon/ranking/facts.toml", SPECS)


def shape_of(entry: RankingModel) -> RankingShape:
    """A ranking model of the catalogue."""
    return RankingShape(
        tables=entry.tables.value,
        rows=entry.rows.value,
        dimension=entry.dimension.value,
        bytes_per_value=entry.bytes_per_value.value,
        lookups_per_sample=entry.lookups_per_sample.value,
        flops_per_sample=entry.flops_per_sample,
    )


def chips_for_capacity(model: RankingShape, chip: RankingChip, work: Work) -> int:
    """The fewest chips that hold the tables, and what the optimiser keeps of them when training."""
    return max(1, ceil(model.table_bytes(work) / (TABLE_SHARE * chip.memory_bytes)))


def rank(
    model: RankingShape,
    chip: RankingChip,
    *,
    work: Work,
    rng: np.random.Generator,
    chips: int | None = None,
    facts: Facts | None = None,
) -> RankingRate:
    """How many samples a second. Without `chips`, on as few as hold the tables. `Unsupported` when they do not fit."""
    fewest = chips_for_capacity(model, chip, work)
    count = chips or fewest
    if count < fewest:
        short = model.table_bytes(work) - count * TABLE_SHARE * chip.memory_bytes
        these = f"{count} chip" if count == 1 else f"{count} chips"
        raise Unsupported(f"the tables do not fit {these} by {short / 1e9:.1f} GB; {fewest} chips hold them")
    known = facts or ranking_facts()
    centre = _seconds(model, chip, work, count, central(known))
    draws = _seconds(model, chip, work, count, drawn(known, rng))
    return RankingRate(
        chips=count,
        chips_for_capacity=fewest,
        binds=max(centre, key=lambda name: float(centre[name])),
        samples_per_s_per_chip=band(
            1 / np.max(np.stack([np.asarray(part) for part in draws.values()]), axis=0),
            1 / max(float(part) for part in centre.values()),
        ),
    )


def _seconds(
    model: RankingShape, chip: RankingChip, work: Work, chips: int, facts: Mapping[str, Number]
) -> dict[Binds, Number]:
    """Chip-seconds a sample takes of each resource, every chip bearing an even share."""
    gathered, exchanged = model.gathered_bytes_per_sample(work), model.exchanged_bytes_per_sample(work, chips)
    return {
        "bandwidth": gathered / (chip.bandwidth_bytes_per_s * facts["gather_efficiency"]),
        "compute": PASSES[work] * model.flops_per_sample / (chip.peak_flops_per_s * facts["mlp_utilisation"]),
        "network": exchanged / (chip.link_bytes_per_s * facts["exchange_efficiency"]),
    }
