"""A measured row as the model sees it: what was served, on what, under which load; or the reason it cannot be used."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from baseload.catalog import chip, model
from baseload.errors import BaseloadError
from baseload.silicon.calibrate.parallelism import Unclear, layout_of, unstated
from baseload.silicon.calibrate.workload import Lengths, lengths_of
from baseload.silicon.hardware import full_power, hardware_of, precision_name
from baseload.silicon.plan import Plan
from baseload.silicon.serving import Served
from baseload.silicon.shape import shape_of

LOAD = re.compile(r"(?:concurrency|batch)=(\d+)")
RATE = re.compile(r"target_qps=([\d.]+)|open loop ([\d.]+) req/s|requests at ([\d.]+)/s")
LIMIT = re.compile(r"max_num_seqs=(\d+)")
WEIGHT_ONLY = frozenset({"fp4", "mxfp4"})
METRICS = frozenset({"ttft_ms", "tpot_ms", "tok/s total", "tok/s/gpu", "samples/s", "e2e_s"})


class LeftOut(Exception):
    """Why a row is not scored, in words that are counted."""


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


def family_of(engine: str) -> str:
    """The first word of an engine's name, in lower case."""
    words = engine.split()
    return words[0].lower().strip(",:;") if words else ""


def observe(row: Mapping[str, str]) -> Observation:
    """A row of a file like serving_e2e.csv. LeftOut with the reason when it cannot be used."""
    if row["quality"] == "suspect":
        raise LeftOut("quality is suspect")
    if row["metric"] not in METRICS:
        raise LeftOut(f"metric {row['metric']} is not predicted")
    if not row["n_chips"].strip():
        raise LeftOut("the number of chips is not stated")
    try:
        precision = precision_name(row["precision"])
        shape = shape_of(model(row["model"]).architecture)
        hardware = hardware_of(chip(row["chip"]))
        if precision in WEIGHT_ONLY and "fp4" not in hardware.flops_per_s:
            precision = "int4"  # it ran, so its weights alone were 4 bits wide
        hardware.rate(precision)
        chips = int(float(row["n_chips"]))
        stated = bool(row["parallelism"].strip())
        layout = (
            layout_of(row["parallelism"], chips, shape, hardware.domain)
            if stated
            else unstated(chips, hardware, shape, precision)
        )
    except (BaseloadError, Unclear) as error:
        raise LeftOut(str(error)) from error
    family = family_of(row["engine"])

    def served(plan: Plan) -> Served:
        return Served(hardware=hardware, shape=shape, plan=plan, precision=precision, family=family)

    kind, concurrency, rate, limit = _load(row["concurrency_or_mode"])
    return Observation(
        chip=chip(row["chip"]).id,
        model=row["model"],
        precision=precision,
        engine=row["engine"].strip(),
        family=family,
        served=served(layout.decode),
        prefill=served(layout.prefill) if layout.prefill else None,
        prefill_replicas=layout.prefill_replicas,
        replicas=layout.replicas,
        chips=chips,
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
    rate = RATE.search(text)
    per_s = float(next(group for group in rate.groups() if group)) if rate else None
    number = LOAD.search(text)
    limit = LIMIT.search(text)
    most = int(limit[1]) if limit else None
    lower = text.lower()
    if "static" in lower:
        kind = "static"
    elif "offline" in lower or "rate inf" in lower or "1000 prompts" in lower:
        kind = "offline"
    elif "interactive" in lower:
        kind = "interactive"
    elif "server" in lower:
        kind = "server"
    elif per_s is not None:
        kind = "open"
    elif number:
        kind = "closed"
    else:
        raise LeftOut("the load is not stated")
    return kind, float(number[1]) if number else None, per_s, most
