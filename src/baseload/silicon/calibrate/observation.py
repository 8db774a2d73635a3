"""A measured row as the model sees it: what was served, on what, under which load; or the reason it cannot be used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from baseload.silicon.calibrate.parallelism import Layout, layout_of, unstated
from baseload.silicon.calibrate.workload import Lengths, lengths_of
from baseload.silicon.engines import family_of
from baseload.silicon.hardware import Hardware, full_power, hardware_of, precision_name
from baseload.silicon.left_out import SUSPECT, LeftOut, believable, chip_of, is_suspect, leaving_out, model_of, number
from baseload.silicon.plan import Plan
from baseload.silicon.serving import Served
from baseload.silicon.shape import Shape, shape_of

__all__ = ["LOAD", "MOST_AT_ONCE", "LeftOut", "Observation", "family_of", "observe", "row_layout"]

LOAD = re.compile(r"(?:concurrency|batch)=(\d+)")
RATE = re.compile(r"target_qps=([\d.]+)|open loop ([\d.]+) req/s|requests at ([\d.]+)/s")
LIMIT = re.compile(r"max_num_seqs=(\d+)")
WEIGHT_ONLY = frozenset({"fp4", "mxfp4"})
METRICS = frozenset({"ttft_ms", "tpot_ms", "tok/s total", "tok/s/gpu", "samples/s", "e2e_s"})
LEAST_PER_S = 1e-6
MOST_CHIPS, MOST_AT_ONCE = 1e6, 1e7
"""More chips than any deployment has, more requests at once or a second than any takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One measured row. Tokens per request in `lengths`; `concurrency` and `rate_per_s` are of all `chips` together."""

    chip: str
    model: str
    precision: str
    engine: str
    family: str
    served: Served
    prefill: Served | None
    """The prefill pool of a disaggregated deployment; `served` is then the decode pool."""
    prefill_replicas: int
    replicas: int
    chips: int
    lengths: Lengths
    suite: str
    """Whose rules the load follows: MLPerf, or none."""
    kind: str
    """static, closed, open, offline, server or interactive: how the load was made."""
    concurrency: float | None
    rate_per_s: float | None
    limit: int | None
    metric: str
    statistic: str
    value: float

    @property
    def group(self) -> str:
        return f"{self.chip} / {self.model}"

    def labels(self) -> dict[str, str]:
        """The levels this row belongs to, by effect."""
        base = full_power(self.chip)
        return {
            "family": self.family,
            "precision": self.precision,
            "chip": base,
            "combination": f"{base} {self.family} {self.precision}",
            "version": self.engine,
            "model": self.model,
            "model and family": f"{self.model} {self.family}",
            "kind": self.kind,
            "setup": f"{base} {self.model} {self.engine} {self.precision} {self.served.plan} {self.replicas}",
        }


def observe(row: Mapping[str, str]) -> Observation:
    """A row of a file like serving_e2e.csv. LeftOut with the reason when it cannot be used."""
    if is_suspect(row):
        raise LeftOut(SUSPECT)
    if row["metric"] not in METRICS:
        raise LeftOut(f"metric {row['metric']} is not predicted")
    with leaving_out():
        return _observed(row)


def chips_of(row: Mapping[str, str]) -> int:
    """How many chips a row counts."""
    count = number(row, "n_chips", "chips", most=MOST_CHIPS)
    if count % 1:
        raise LeftOut("the number of chips is not whole")
    return int(count)


def row_layout(row: Mapping[str, str], hardware: Hardware, shape: Shape, precision: str) -> Layout:
    """How a row's model lies on its chips: as it says, else as an engine would by itself."""
    chips = chips_of(row)
    if not row["parallelism"].strip():
        return unstated(chips, hardware, shape, precision)
    return layout_of(row["parallelism"], chips, shape, hardware.domain)


def _observed(row: Mapping[str, str]) -> Observation:
    entry, served_model, precision = chip_of(row), model_of(row), precision_name(row["precision"])
    shape, hardware = shape_of(served_model.architecture), hardware_of(entry)
    if precision in WEIGHT_ONLY and "fp4" not in hardware.flops_per_s:
        precision = "int4"  # it ran, so its weights alone were 4 bits wide
    hardware.rate(precision)
    layout = row_layout(row, hardware, shape, precision)
    family = family_of(row["engine"])

    def served(plan: Plan) -> Served:
        return Served(hardware=hardware, shape=shape, plan=plan, precision=precision, family=family)

    kind, concurrency, rate, limit = _load(row["concurrency_or_mode"])
    return Observation(
        chip=entry.id,
        model=served_model.id,
        precision=precision,
        engine=row["engine"].strip(),
        family=family,
        served=served(layout.decode),
        prefill=served(layout.prefill) if layout.prefill else None,
        prefill_replicas=layout.prefill_replicas,
        replicas=layout.replicas,
        chips=chips_of(row),
        lengths=lengths_of(row),
        suite="MLPerf" if "MLPerf" in row["concurrency_or_mode"] else "",
        kind=kind,
        concurrency=concurrency,
        rate_per_s=rate,
        limit=limit,
        metric=row["metric"],
        statistic=row["statistic"],
        value=float(row["value"]),
    )


def _load(text: str) -> tuple[str, float | None, float | None, int | None]:
    """How the load was made: kind, concurrency, requests/s, most sequences at once."""
    rate, number, limit = RATE.search(text), LOAD.search(text), LIMIT.search(text)
    concurrency = _at_once(number[1], "concurrency") if number else None
    per_s = _per_s(next(group for group in rate.groups() if group)) if rate else None
    most = int(_at_once(limit[1], "limit of sequences")) if limit else None
    return _kind(text.lower(), per_s is not None, concurrency is not None), concurrency, per_s, most


def _kind(text: str, at_a_rate: bool, counted: bool) -> str:
    if "static" in text and counted:
        return "static"
    if "static" in text:
        raise LeftOut("the load is not stated")
    if "offline" in text or "rate inf" in text or "1000 prompts" in text:
        return "offline"
    if "interactive" in text:
        return "interactive"
    if "server" in text:
        return "server"
    if at_a_rate:
        return "open"
    if counted:
        return "closed"
    raise LeftOut("the load is not stated")


def _at_once(digits: str, what: str) -> float:
    return believable(float(digits), what, most=MOST_AT_ONCE)


def _per_s(text: str) -> float:
    try:
        return believable(float(text), "rate of requests", most=MOST_AT_ONCE, least=LEAST_PER_S)
    except ValueError as error:
        raise LeftOut("the rate of requests is not a number") from error
