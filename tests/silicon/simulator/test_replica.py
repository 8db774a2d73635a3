"""A setup of catalogue names becomes an engine with its memory, its front end and the times that `predict` says."""

import numpy as np
import pytest

from baseload.catalog import chip as chip_entry
from baseload.errors import Unsupported
from baseload.silicon.power.shares import decoding, mean_watts, prompting
from baseload.silicon.prediction import constants, grid, predict
from baseload.silicon.serving import physics
from baseload.silicon.setup import setup_of
from baseload.silicon.simulator import Fixed, Mix, closed_loop, simulate
from baseload.silicon.simulator.replica import replica_of, replica_watts, simulate_setup
from tests.silicon.simulator.datasheet import DATASHEET


@pytest.mark.parametrize(
    ("chip", "model", "chips", "clients"),
    [("H100-SXM", "Llama-3.1-8B", 1, 32), ("H100-SXM", "Llama-3.1-70B", 8, 64), ("MI300X", "Qwen3-32B", 1, 8)],
)
def test_a_closed_loop_settles_near_the_closed_form(chip: str, model: str, chips: int, clients: int) -> None:
    """The form weighs prefill by a constant of its own, the simulator by what a prompt adds: hence the tolerance."""
    setup = setup_of(chip=chip, model=model, chips=chips, precision="bf16", engine="vllm")
    replica = replica_of(setup, context_tokens=1024, made=DATASHEET)
    load = closed_loop(Mix(input=Fixed(512), output=Fixed(512)), requests=clients * 8, clients=clients, seed=1)
    result = simulate(replica.coefficients, replica.engine, load, prefill=replica.prefill)
    said = grid(setup, input_tokens=512.0, output_tokens=512.0, concurrency=float(clients), made=DATASHEET)
    assert result.latency.tpot.mean_ms == pytest.approx(float(said.tpot_s) * 1e3, rel=0.15)


def test_a_lone_request_waits_for_its_front_end_and_its_prompt_as_predicted() -> None:
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-8B", precision="bf16", engine="vllm")
    replica = replica_of(setup, context_tokens=1024, made=DATASHEET)
    load = closed_loop(Mix(input=Fixed(2000), output=Fixed(200)), requests=5, clients=1, seed=1)
    result = simulate(replica.coefficients, replica.engine, load, prefill=replica.prefill)
    said = grid(setup, input_tokens=2000.0, output_tokens=200.0, concurrency=1.0, made=DATASHEET)
    assert result.latency.ttft.mean_ms == pytest.approx(float(said.ttft_s) * 1e3, rel=0.02)
    assert result.latency.tpot.mean_ms == pytest.approx(float(said.tpot_s) * 1e3, rel=0.1)


def test_the_cache_is_what_memory_leaves() -> None:
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-8B", precision="bf16", engine="vllm")
    engine = replica_of(setup, context_tokens=1024, made=DATASHEET).engine
    assert engine.kv_tokens == int(setup.memory.kv_tokens)
    assert engine.max_sequences == 256
    assert engine.front_end_s > 0


def test_constant_states_take_their_part_of_memory() -> None:
    setup = setup_of(chip="H100-SXM", model="Nemotron-H-56B", chips=4, precision="bf16", engine="vllm")
    engine = replica_of(setup, context_tokens=1024, max_sequences=8192, made=DATASHEET).engine
    m = setup.memory
    assert engine.max_sequences <= m.sequences(1024, setup.served.plan)
    state = engine.max_sequences * m.state_bytes_per_sequence_per_chip
    assert state > 0
    assert engine.kv_tokens * m.kv_bytes_per_token_per_chip + state == pytest.approx(m.free_bytes_per_chip, rel=1e-6)


def test_several_engines_are_refused_with_what_to_do() -> None:
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-8B", chips=4, tensor=2, precision="bf16")
    with pytest.raises(Unsupported, match="ask for 2 chips and 1/2 of the load"):
        replica_of(setup, context_tokens=1024, made=DATASHEET)


def test_every_coefficient_is_a_number_the_loop_takes() -> None:
    setup = setup_of(chip="H100-SXM", model="Mixtral-8x7B", chips=2, precision="bf16", engine="vllm")
    replica = replica_of(setup, context_tokens=1024, made=DATASHEET)
    assert np.isfinite(np.array(replica.coefficients, dtype=float)).all()
    assert replica.prefill.compute_s > 0


@pytest.mark.parametrize(
    ("chip", "model", "chips", "clients"),
    [("H100-SXM", "Llama-3.1-8B", 1, 32), ("H100-SXM", "Llama-3.1-8B", 1, 1), ("MI300X", "Qwen3-32B", 1, 8)],
)
def test_watts_of_a_steady_closed_loop_are_the_power_model_s(chip: str, model: str, chips: int, clients: int) -> None:
    """Within a tenth of the prediction, and of the phases of silicon/power one after the other."""
    setup = setup_of(chip=chip, model=model, chips=chips, precision="bf16", engine="vllm")
    replica = replica_of(setup, context_tokens=768, made=DATASHEET)
    load = closed_loop(Mix(input=Fixed(512), output=Fixed(512)), requests=clients * 8, clients=clients, seed=1)
    watts = replica_watts(setup, DATASHEET)
    found = simulate(replica.coefficients, replica.engine, load, watts, prefill=replica.prefill).watts_mean
    said = predict(setup, input_tokens=512, output_tokens=512, concurrency=clients, made=DATASHEET).watts_per_chip
    assert said is not None
    assert found == pytest.approx(said.value * chips, rel=0.1)
    p, k, entry = physics(setup.served), constants(setup, DATASHEET), chip_entry(chip)
    assert entry.idle_w is not None and entry.max_w is not None
    phases = [decoding(p, k, clients, 768, steps=512), prompting(p, k, clients, 512)]
    assert found == pytest.approx(chips * mean_watts(entry.idle_w.value, entry.max_w.value, phases), rel=0.1)


def test_a_setup_is_simulated_by_itself_with_its_watts() -> None:
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-8B", precision="bf16")
    load = closed_loop(Mix(input=Fixed(100), output=Fixed(20)), requests=20, clients=4, seed=1)
    result = simulate_setup(setup, load, max_sequences=2)
    assert result.completed == 20
    assert result.watts_mean is not None
    assert result.sequences_mean <= 2


def test_the_room_s_front_door_offers_the_simulator_s_names() -> None:
    from baseload import silicon

    assert silicon.simulate_setup is simulate_setup
    assert silicon.replica_of is replica_of
    assert set(silicon.__all__) <= {name for name in silicon.__all__ if getattr(silicon, name)}
    with pytest.raises(AttributeError, match="has no attribute 'simulated'"):
        getattr(silicon, "simul" + "ated")
