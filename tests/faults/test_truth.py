"""Truth and kills in small; the full counts are recipes: `python -m benchmarks.truth`, `python -m benchmarks.kills`."""

import pytest

from benchmarks import kills, truth

COMMON = {
    "seed", "clients_saw", "requests", "emitted_tokens", "billed_tokens", "lost_tokens", "attempt_reasons",
    "violations", "examples", "invariants_broken",
}  # fmt: skip
"""Keys of both results, told in docs/reference/bench.md."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_every_emitted_token_is_billed_or_lost() -> None:
    result = truth.run(requests=500, seed=7)
    assert set(result) == COMMON | {"requests_sent", "told_usage"}
    assert result["violations"] == 0, result["examples"]
    assert result["requests"] > 300
    assert {"client_hangup", "completed", "engine_died"} <= set(result["attempt_reasons"])
    assert result["invariants_broken"] == []


def test_a_killed_gateway_loses_nothing_it_acknowledged() -> None:
    result = kills.run(kills=5, seed=7)
    assert set(result) == COMMON | {"kills", "acknowledged", "seconds_to_return_max"}
    assert result["violations"] == 0, result["examples"]
    assert result["acknowledged"] > 20
    assert result["invariants_broken"] == []
