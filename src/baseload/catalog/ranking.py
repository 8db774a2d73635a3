"""Ranking models: embedding tables and two perceptrons, bound by memory's capacity and bandwidth."""

from dataclasses import dataclass
from itertools import pairwise

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec, Source

TABLES = CountSpec(name="tables", unit="tables", least=1, most=1e5)
ROWS = FactSpec(name="rows", unit="rows", least=1, most=1e13)
DIMENSION = CountSpec(name="dimension", unit="values", least=1, most=1e5)
VALUE_BYTES = FactSpec(name="bytes_per_value", unit="bytes", least=0.25, most=8)
LOOKUPS = FactSpec(name="lookups_per_sample", unit="lookups", least=1, most=1e6)
DENSE = CountSpec(name="dense_features", unit="values", least=1, most=1e6)
CROSS = CountSpec(name="cross_layers", unit="layers", least=1, most=100, required=False)
CROSS_RANK = CountSpec(name="cross_rank", unit="values", least=1, most=1e5, required=False)
BATCH = CountSpec(name="batch", unit="samples", least=1, most=1e7)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingModel:
    """A deep learning recommendation model (DLRM, arXiv:1906.00091; DCN-v2, arXiv:2008.13535).

    `rows` is over all tables; `lookups_per_sample` are rows read and pooled for one sample. The widths are of the
    layers' outputs; `widths_cited` says who says them.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    note: str
    tables: Count
    rows: Fact
    dimension: Count
    bytes_per_value: Fact
    lookups_per_sample: Fact
    dense_features: Count
    bottom_widths: tuple[int, ...]
    top_widths: tuple[int, ...]
    widths_cited: Source | None
    cross_layers: Count | None
    cross_rank: Count | None
    batch: Count

    @property
    def table_bytes(self) -> float:
        """What the embedding tables take in memory."""
        return self.rows.value * self.dimension.value * self.bytes_per_value.value

    @property
    def embedding_bytes_per_sample(self) -> float:
        """What the lookups of one sample read."""
        return self.lookups_per_sample.value * self.dimension.value * self.bytes_per_value.value

    @property
    def interaction_width(self) -> int:
        """Pooled embeddings beside the bottom perceptron's output: what is crossed."""
        return self.tables.value * self.dimension.value + self.bottom_widths[-1]

    @property
    def dense_parameters(self) -> float:
        """Weights of both perceptrons and of the low-rank cross layers (two matrices each)."""
        bottom = sum(a * b for a, b in pairwise((self.dense_features.value, *self.bottom_widths)))
        top = sum(a * b for a, b in pairwise((self.interaction_width, *self.top_widths)))
        rank = self.cross_rank.value if self.cross_rank else self.interaction_width
        cross = (self.cross_layers.value if self.cross_layers else 0) * 2 * self.interaction_width * rank
        return float(bottom + top + cross)

    @property
    def flops_per_sample(self) -> float:
        """A multiplication and an addition per weight, and an addition per value looked up."""
        return 2 * self.dense_parameters + self.lookups_per_sample.value * self.dimension.value


def read_ranking(entry: Entry) -> RankingModel:
    """A ranking model from its file; faults go to the entry's list."""
    return RankingModel(
        id=entry.text("id"),
        name=entry.text("name"),
        aliases=entry.texts("aliases"),
        note=entry.text("note", ""),
        tables=entry.needed(TABLES),
        rows=entry.needed(ROWS),
        dimension=entry.needed(DIMENSION),
        bytes_per_value=entry.needed(VALUE_BYTES),
        lookups_per_sample=entry.needed(LOOKUPS),
        dense_features=entry.needed(DENSE),
        bottom_widths=_widths(entry, "bottom"),
        top_widths=_widths(entry, "top"),
        widths_cited=_cited(entry),
        cross_layers=entry.fact(CROSS),
        cross_rank=entry.fact(CROSS_RANK),
        batch=entry.needed(BATCH),
    )


def _widths(entry: Entry, part: str) -> tuple[int, ...]:
    """The widths of a perceptron, in [perceptron]; at least one layer, each at least one wide."""
    widths = entry.wholes("perceptron", part)
    if not widths or min(widths) < 1:
        entry.fault(("perceptron", part), f"[perceptron] {part} must be a list of widths, such as [512, 256, 128]")
        return (1,)
    return widths


def _cited(entry: Entry) -> Source | None:
    """Who says the widths: [perceptron]'s own source, the footnote it names, or the file's."""
    table = entry.take("perceptron")
    return entry.sources.of("perceptron", table) if isinstance(table, dict) else None
