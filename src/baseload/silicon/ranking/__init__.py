"""Ranking models (embedding tables and an MLP): samples per second, what binds, and how many chips hold the tables."""

from baseload.silicon.ranking.entry import either_model, ranking_chip
from baseload.silicon.ranking.estimate import (
    RankingChip,
    RankingRate,
    RankingShape,
    chips_for_capacity,
    rank,
    ranking_facts,
    shape_of,
)

__all__ = [
    "RankingChip",
    "RankingRate",
    "RankingShape",
    "chips_for_capacity",
    "either_model",
    "rank",
    "ranking_chip",
    "ranking_facts",
    "shape_of",
]
