"""Whole nodes: every way of counting them agrees with placing replicas one by one, or errs on the side of fewer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.dispatch.packing import MAX_PATTERNS, fillings, packing
from tests.dispatch.cases import pool, recipe

NODE = pool(nodes=3, chips_per_node=4.0, memory_gb_per_node=40.0)
KINDS = st.tuples(st.sampled_from((1.0, 2.0, 3.0, 4.0, 8.0)), st.sampled_from((0.0, 5.0, 10.0, 25.0)))


def test_sizes_that_divide_one_another_are_exact_shares() -> None:
    pack = packing(NODE, [recipe({}, id=str(c), chips=c) for c in (1.0, 2.0, 4.0, 8.0)])
    assert pack.patterns == ()
    assert pack.share == (0.25, 0.5, 1.0, 2.0)
    assert pack.nodes([1, 1, 1, 1]) == 4


def test_other_sizes_are_patterns_of_one_node() -> None:
    pack = packing(NODE, [recipe({}, id="a", chips=3.0), recipe({}, id="b", chips=2.0), recipe({}, id="c", chips=1.0)])
    assert set(pack.patterns) == {(1, 0, 1), (0, 2, 0), (0, 1, 2), (0, 0, 4)}
    assert pack.nodes([2, 1, 0]) == 3


def test_memory_larger_than_a_node_takes_more_nodes() -> None:
    pack = packing(NODE, [recipe({}, chips=1.0, memory_gb=90.0)])
    assert pack.nodes([1]) == 3


def test_too_many_fillings_are_rounded_up_to_halves() -> None:
    sizes = [recipe({}, id=str(i), chips=4.0 / (5 + i), memory_gb=1.0 + i) for i in range(12)]
    pack = packing(NODE, sizes)
    assert pack.patterns == ()
    assert all(share >= max(r.chips / 4.0, r.memory_gb / 40.0) for share, r in zip(pack.share, sizes, strict=True))
    assert set(pack.share) <= {0.125, 0.25, 0.5}
    assert fillings([(1 / n, 0.0) for n in range(3, 40)]) is None


@settings(max_examples=80, deadline=None)
@given(st.lists(KINDS, min_size=1, max_size=3), st.lists(st.integers(0, 4), min_size=3, max_size=3))
def test_nodes_counted_hold_the_replicas(kinds: list[tuple[float, float]], counts: list[int]) -> None:
    """First fit decreasing by patterns may use a node more than the least, never one too few."""
    recipes = [recipe({}, id=str(i), chips=c, memory_gb=m) for i, (c, m) in enumerate(kinds)]
    n = packing(NODE, recipes).nodes(counts[: len(recipes)])
    chips = sum(
        -(-r.chips // 4) * 4 if r.chips > 4 else r.chips
        for r, k in zip(recipes, counts, strict=False)
        for _ in range(k)
    )
    memory = sum(r.memory_gb for r, k in zip(recipes, counts, strict=False) for _ in range(k))
    assert n >= chips / 4 - 1e-9
    assert n >= memory / 40 - 1e-9
    assert (n == 0) == (sum(counts[: len(recipes)]) == 0)
    assert MAX_PATTERNS >= 16
