"""The probe drives any core, in a process of its own, and says in one sentence when it cannot."""

import pytest

from baseload.errors import EngineError
from baseload.fleet.probe import STREAMS, probe
from baseload.fleet.worker.spec import TwinSpec, WorkerSpec


def spec(**more: object) -> WorkerSpec:
    twin = TwinSpec(decode_tokens_per_s=4000.0, prefill_tokens_per_s=1e6)
    given = {"replica": "r", "model": "m", "engine": "twin", "socket": "", "secret": "", "tally": "", "twin": twin}
    return WorkerSpec(**(given | more))  # type: ignore[arg-type]


def test_a_twin_is_timed_at_one_and_at_many_sequences() -> None:
    found = probe(spec())
    assert found.prefill_tokens_per_s > 0
    assert set(found.decode_tokens_per_s) == set(STREAMS)
    assert found.decode_tokens_per_s[16] > found.decode_tokens_per_s[1] > 0
    assert found.operations_per_s == {}


def test_an_engine_that_cannot_start_is_one_sentence() -> None:
    with pytest.raises(EngineError, match="the engine openvino could not be timed"):
        probe(spec(engine="openvino", model_path="/nowhere.gguf"))
