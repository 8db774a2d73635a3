"""The search: the same seed gives the same answer; nothing shown breaks a limit or is beaten."""

import numpy as np
import pytest

from baseload.errors import SetupError
from baseload.silicon.explorer.scene import judge, set_scene
from baseload.silicon.explorer.search import Found, non_dominated, objectives, search, spread_out
from tests.silicon.explorer.mixes import MARKET, mix, scene

SMALL = {"population": 24, "generations": 4}


@pytest.fixture(scope="module")
def found() -> Found:
    return search(scene(), seed=3, **SMALL)


def test_the_same_seed_finds_the_same_designs_and_another_does_not(found: Found) -> None:
    again, other = search(scene(), seed=3, **SMALL), search(scene(), seed=4, **SMALL)
    assert all(np.array_equal(a, b) for a, b in zip(found.genome, again.genome, strict=True))
    assert found.seed == 3
    assert not all(np.array_equal(a, b) for a, b in zip(found.genome, other.genome, strict=True))


def test_every_design_shown_keeps_every_limit_and_none_beats_another(found: Found) -> None:
    shown = judge(found.genome, scene())
    assert shown.feasible.all()
    assert non_dominated(objectives(shown, found.best)).all()


def test_the_cheapest_comes_first_and_regret_is_measured_from_the_best_seen(found: Found) -> None:
    shown = judge(found.genome, scene())
    assert (np.diff(shown.costs[0]) >= 0).all()
    assert (objectives(shown, found.best)[:, 3] >= -1e-12).all()


def test_searching_longer_finds_nothing_dearer(found: Found) -> None:
    longer = search(scene(), seed=3, population=24, generations=12)
    assert longer.best[0] <= found.best[0] + 1e-12


def test_progress_is_told_after_every_generation() -> None:
    told: list[tuple[int, int]] = []
    search(scene(), seed=3, progress=lambda g, n, least: told.append((g, n)), **SMALL)
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_volume_with_no_supply_is_an_error_in_words() -> None:
    from dataclasses import replace

    crowded = set_scene(mix(), replace(MARKET, volume=1e9))
    with pytest.raises(SetupError, match="no design of the first sample keeps every limit"):
        search(crowded, seed=1, **SMALL)


def test_rows_that_stand_for_all_hold_the_best_of_each_column() -> None:
    values = np.random.default_rng(5).random((60, 3))
    taken = spread_out(values, 8)
    assert len(taken) == len(set(taken.tolist())) == 8
    assert set(values.argmin(axis=0).tolist()) <= set(taken.tolist())


def test_a_row_is_beaten_only_by_one_at_least_as_good_everywhere() -> None:
    values = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [2.0, 3.0], [1.0, 3.0]])
    assert non_dominated(values).tolist() == [True, True, True, False, True]
