"""Predictions: bands, modes, what binds, and directions that must hold."""

import numpy as np
import pytest

from baseload.errors import SetupError
from baseload.silicon import predict
from baseload.silicon.prediction import grid
from baseload.silicon.setup import setup_of

LOAD = {"input_tokens": 1024.0, "output_tokens": 512.0, "concurrency": 16.0}


def test_a_prediction_has_a_band_a_mode_and_what_binds():
    setup = setup_of(chip="B200-SXM", model="Llama-3.1-70B", chips=4, precision="fp8", engine="trtllm 1.2.0")
    made = predict(setup, **LOAD)
    assert made.mode == "calibrated"
    for estimate in (made.tpot_ms, made.ttft_ms, made.tokens_per_s):
        assert 0 < estimate.low < estimate.value < estimate.high
    assert made.binds in made.step_ms
    assert made.tokens_per_s.value < 1000 * made.running / made.tpot_ms.value
    assert 0 < made.compute_share <= 1
    assert 0 < made.bandwidth_share <= 1


@pytest.mark.parametrize(
    ("chip", "engine", "mode"),
    [
        ("H200-SXM", "vllm 0.16.0", "calibrated"),
        ("MTIA-400", "vllm 0.16.0", "pooled"),
        ("MTIA-400", "", "datasheet"),
        ("MTIA-400", "homemade 1.0", "datasheet"),
    ],
)
def test_the_mode_says_how_much_was_known(chip: str, engine: str, mode: str):
    setup = setup_of(chip=chip, model="Llama-3.1-70B", chips=8, precision="fp8", engine=engine)
    assert predict(setup, **LOAD).mode == mode


def test_less_is_known_the_wider_the_band():
    def width(engine: str) -> float:
        setup = setup_of(chip="H200-SXM", model="Llama-3.1-70B", chips=8, precision="fp8", engine=engine)
        tpot = predict(setup, **LOAD).tpot_ms
        return tpot.high / tpot.low

    assert width("vllm 0.16.0") < width("")


def test_more_bandwidth_and_more_sequences_bring_more_tokens():
    h100 = setup_of(chip="H100-SXM", model="Llama-3.1-70B", chips=8, precision="fp8")
    h200 = setup_of(chip="H200-SXM", model="Llama-3.1-70B", chips=8, precision="fp8")
    assert predict(h200, **LOAD).tokens_per_s.value > predict(h100, **LOAD).tokens_per_s.value
    rates = grid(
        h100, input_tokens=1024.0, output_tokens=512.0, concurrency=np.array([1.0, 4.0, 16.0, 64.0])
    ).tokens_per_s
    assert (np.diff(rates) > 0).all()


def test_memory_bounds_how_many_run():
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-70B", chips=2, precision="fp8")
    made = predict(setup, input_tokens=30_000.0, output_tokens=1000.0, concurrency=64.0)
    assert made.running < 20


def test_a_constant_state_does_not_grow_with_context():
    hybrid = setup_of(chip="H100-SXM", model="Nemotron-H-56B", chips=8)
    dense = setup_of(chip="H100-SXM", model="Llama-3.1-70B", chips=8)

    def growth(setup: object) -> float:
        short, long = grid(
            setup, input_tokens=np.array([1e3, 1e5]), output_tokens=100.0, concurrency=4.0
        ).parts.attention  # type: ignore[arg-type]
        return float(long / short)

    assert growth(hybrid) < growth(dense) / 2


def test_one_call_prices_a_hundred_thousand_loads():
    setup = setup_of(chip="B200-SXM", model="DeepSeek-V3", chips=8, precision="fp8", engine="sglang 0.5.9")
    shape = (100, 100, 10)
    made = grid(
        setup,
        input_tokens=np.geomspace(64, 32_768, shape[0])[:, None, None],
        output_tokens=np.geomspace(16, 8192, shape[1])[None, :, None],
        concurrency=np.geomspace(1, 512, shape[2])[None, None, :],
    )
    assert made.tpot_s.shape == shape
    assert np.isfinite(made.tpot_s).all()
    assert (made.tpot_s > 0).all()


@pytest.mark.parametrize(
    "load", [(8192.0, 64.0, 64.0), (2048.0, 128.0, 256.0), (32768.0, 16.0, 1.0), (64.0, 4096.0, 8.0)]
)
def test_tokens_follow_from_the_time_each_request_takes(load: tuple[float, float, float]):
    """Little's law, and no more than the prompts leave room for."""
    isl, osl, n = load
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-70B", chips=8, precision="fp8")
    made = predict(setup, input_tokens=isl, output_tokens=osl, concurrency=n)
    held_s = (made.ttft_ms.value + (osl - 1) * made.tpot_ms.value) / 1e3
    assert made.tokens_per_s.value <= n * osl / held_s * (1 + 1e-9)
    alone = predict(setup, input_tokens=isl, output_tokens=1.0, concurrency=1.0)
    assert made.tokens_per_s.value / osl * alone.ttft_ms.value / 1e3 < 2.5  # first tokens are slower than prompts


@pytest.mark.parametrize("split", [{"data": 8, "tensor": 1}, {"pipeline": 8, "tensor": 1}, {"tensor": 1}])
def test_a_lone_request_is_no_faster_on_chips_it_does_not_use(split: dict[str, int]):
    load = {"input_tokens": 32768.0, "output_tokens": 256.0, "concurrency": 1.0}
    one = predict(setup_of(chip="H100-SXM", model="Llama-3.1-8B"), **load)
    many = predict(setup_of(chip="H100-SXM", model="Llama-3.1-8B", chips=8, **split), **load)
    assert many.ttft_ms.value >= one.ttft_ms.value * 0.99
    assert many.tpot_ms.value >= one.tpot_ms.value * 0.99


@pytest.mark.parametrize("load", [{"input_tokens": -5.0}, {"output_tokens": 0.0}, {"concurrency": 0.0}])
def test_a_load_that_is_none_is_refused(load: dict[str, float]):
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-8B")
    with pytest.raises(SetupError, match="must be 1 or more"):
        predict(setup, **{**LOAD, **load})
