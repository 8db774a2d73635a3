"""AIConfigurator's own estimator behind a pipe, for an environment of its own: nothing of Baseload is imported.

    PYTHON_WITH_AICONFIGURATOR_CORE benchmarks/aiconfigurator_child.py < asks.jsonl > answers.jsonl

A line is an `Ask` of aiconfigurator_rows.py. The first answer names the version; each further one has `ttft_ms`,
`tpot_ms`, `way`, `mode` (SILICON: measured tables alone; HYBRID: formulas fill gaps), or else `reason`; and `whole_s`
(configuration, model, estimate), `kept_s` (another load on the model just built) and `warm` (whether an estimate on
these tables came before). The calls, their order and the context budget (the input length) are those of its command
`estimate`, which its core package comes without.
"""

import csv
import json
import logging
import sys
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiconfigurator_core
from aiconfigurator_core.sdk.backends.factory import get_backend
from aiconfigurator_core.sdk.config import RuntimeConfig
from aiconfigurator_core.sdk.config_builders import build_model_config
from aiconfigurator_core.sdk.models import (
    check_is_moe,
    get_model,
    resolve_context_fmha_by_data,
    resolve_nvfp4_for_system,
)
from aiconfigurator_core.sdk.perf_database import get_database_view, get_latest_database_version

Answer = dict[str, Any]


@cache
def stated() -> dict[str, tuple[str, str]]:
    """Quantisation modes of dense matrices and of experts by row of its own regression file."""
    with (Path(aiconfigurator_core.__file__).parent / "systems" / "silicon_sample.csv").open(newline="") as file:
        return {row["id"]: (row["gemm_quant_mode"], row["moe_quant_mode"]) for row in csv.DictReader(file)}


@cache
def tables(system: str, backend: str, mode: str) -> Any:
    """Its newest measurements of an engine on a system; kept, for finding them parses a hundred small files."""
    newest = get_latest_database_version(system=system, backend=backend)
    found = get_database_view(system, backend, newest, database_mode=mode)
    if found is None:
        raise LookupError(f"no measurements of {backend} on {system}")
    return found


def ways(ask: Answer) -> list[tuple[str, str, tuple[str | None, str | None], str]]:
    """(name, checkpoint, modes, database mode): the modes stated; those of a checkpoint; and filled by formulas."""
    modes = stated().get(ask["sample"], (ask["gemm"], ask["moe"]))
    asked = [("stated modes", ask["model"], modes, "SILICON")]
    if ask["checkpoint"]:
        asked.append(("modes of the checkpoint", ask["checkpoint"], (None, None), "SILICON"))
    return [*asked, ("gaps filled by formulas", ask["model"], modes, "HYBRID")]


def estimate(ask: Answer, path: str, modes: tuple[str | None, str | None], mode: str) -> Answer:
    """One aggregated point. Raises what it raises."""
    began = time.perf_counter()
    system, backend_name = ask["system"], ask["backend"]
    database = tables(system, backend_name, mode)
    config = build_model_config(
        ask["tp"], ask["pp"], ask["attention_dp"], ask["moe_tp"], ask["moe_ep"],
        gemm_quant_mode=modes[0] or None, moe_quant_mode=modes[1] or None,
    )  # fmt: skip
    if check_is_moe(path):
        config.resolve_moe_parallelism()
    resolve_context_fmha_by_data(config, path, database, backend_name, is_context_role=True)
    resolve_nvfp4_for_system(config, system, path)
    model, backend = get_model(path, config, backend_name), get_backend(backend_name)

    def run(batch: int) -> Any:
        load = RuntimeConfig(isl=ask["isl"], osl=ask["osl"], batch_size=batch)
        return backend.run_agg(model, database, load, ctx_tokens=ask["isl"])

    summary = run(ask["batch"])
    done = time.perf_counter()
    run(ask["batch"] + 1)
    kept_s = time.perf_counter() - done
    if summary.check_oom():
        raise MemoryError("does not fit by its own account")
    figures = summary.get_result_dict()
    return {
        "ttft_ms": float(figures["ttft"]),
        "tpot_ms": float(figures["tpot"]),
        "mode": mode,
        "database": database.version,
        "whole_s": done - began,
        "kept_s": kept_s,
    }


def answer(ask: Answer) -> Answer:
    """The first way that gives a figure, or why the first gave none."""
    reasons = []
    for way, path, modes, mode in ways(ask):
        try:
            return {"way": way, **estimate(ask, path, modes, mode)}
        except Exception as error:  # whatever it raises is its answer
            reasons.append(f"{type(error).__name__}: {brief(str(error))}")
    return {"reason": reasons[0]}


def brief(text: str) -> str:
    """What it says without the keys and paths that differ from row to row, so that reasons can be counted."""
    return text.partition("\n")[0].partition(" {")[0].partition(" at /")[0].strip()


def main() -> None:
    logging.disable(logging.CRITICAL)
    out = sys.stdout
    sys.stdout = sys.stderr  # it prints
    print(json.dumps({"version": version("aiconfigurator-core")}), file=out, flush=True)
    seen: set[tuple[str, str, str]] = set()
    for line in sys.stdin:
        ask = json.loads(line)
        said = answer(ask)
        place = (ask["system"], ask["backend"], said.get("mode", ""))
        print(json.dumps({**said, "warm": place in seen}), file=out, flush=True)
        seen.add(place)


if __name__ == "__main__":
    main()
