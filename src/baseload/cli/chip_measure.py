"""`baseload chip measure`: this machine as a chip of the catalogue, and the embedded model on it."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, say, table
from baseload.console.figures import number, percent, signed
from baseload.errors import SetupError
from baseload.store.whole import write_whole

UNITS = {"cpu": "virtual CPUs", "gpu": "accelerator"}
HEAD = ("phase", "sequences", "measured", "modelled: low", "central", "high", "error", "at most", "binds")


@click.command(cls=Command, example="baseload chip measure --write my-box.toml")
@click.option("--write", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write a catalogue entry here.")
@click.option("--device", type=click.Choice(("cpu", "gpu")), default="cpu", show_default=True, help="What is measured.")
@click.option("--like", help="The catalogue's entry to take price, life and missing watts from.")
@json_option
def measure(file: Path | None, device: str, like: str | None, as_json: bool) -> None:
    """Measure this machine's memory, arithmetic and watts; set the embedded model's speed beside what they allow.

    Takes under a minute. Whatever else runs meanwhile makes the figures lower: stop it first.
    """
    from baseload.cli.measuring import measure_cpu, measure_gpu
    from baseload.silicon.measure import entry_toml

    name = _entry_name(file) if file else ""
    found = measure_cpu(like) if device == "cpu" else measure_gpu(like)
    today = datetime.now(UTC).date()
    if file:
        write_whole(file, entry_toml(found.chip, name=name, day=today))
        say(f"wrote {file}; it is an entry of catalog/chips/")
    answer = {"device": device, **_answer(found, str(file) if file else None)}
    if as_json:
        emit(answer)
    else:
        click.echo(_text(answer))


def _entry_name(file: Path) -> str:
    """An entry is called like its file."""
    if file.suffix != ".toml" or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", file.stem):
        raise SetupError(f"{file.name!r} names no entry; write letters, digits and dashes, such as my-box.toml")
    return file.stem


def _answer(found: Any, file: str | None) -> dict[str, Any]:
    chip = found.chip
    return {
        "chip": chip.name,
        "units": chip.units,
        "like": chip.like.id,
        "memory_gb": chip.memory_bytes / 1e9,
        "memory": found.memory,
        "tera_operations_per_s": {name: rate / 1e12 for name, rate in chip.operations_per_s.items()},
        "skipped": found.skipped,
        "idle_w": chip.idle_w,
        "busy_w": chip.busy_w,
        "power_note": found.power_note,
        "engine": list(found.rows),
        "engine_note": found.engine_note,
        "file": file,
    }


def _text(answer: dict[str, Any]) -> str:
    figures = [["memory", number(answer["memory_gb"]), "GB", "measured"]]
    figures += [[_label(key), number(value), _unit(key), "measured"] for key, value in answer["memory"].items()]
    figures += [[f"matrix throughput, {p}", number(r), "Top/s", "measured"] for p, r in _rates(answer)]
    figures += [[_label(k), number(answer[k]), "W", "measured"] for k in ("idle_w", "busy_w") if answer[k] is not None]
    lines = [
        f"{answer['chip']}, {answer['units']} {UNITS[answer['device']]} together",
        "",
        table(("what", "value", "unit", "mark"), figures),
    ]
    if answer["engine"]:
        lines += ["", "The embedded model, tokens a second: what the engine does beside what these figures predict", ""]
        lines += [table(HEAD, _rows(answer)), f"arithmetic at {answer['engine'][0]['precision']}"]
    notes = [f"no figure for {precision}: {reason}" for precision, reason in answer["skipped"].items()]
    notes += [answer[key] for key in ("power_note", "engine_note") if answer[key]]
    return "\n".join([*lines, "", *notes] if notes else lines)


def _rates(answer: dict[str, Any]) -> list[tuple[str, float]]:
    return list(answer["tera_operations_per_s"].items())


def _rows(answer: dict[str, Any]) -> list[list[str]]:
    return [
        [
            row["phase"],
            str(row["sequences"]),
            number(row["measured_tokens_per_s"]),
            *(number(row["predicted_tokens_per_s"][side]) for side in ("low", "central", "high")),
            signed(row["error"], percent(abs(row["error"]))),
            number(row["roofline_tokens_per_s"]),
            row["binds"],
        ]
        for row in answer["engine"]
    ]


def _label(key: str) -> str:
    if key.endswith("_gb_per_s"):
        return f"memory bandwidth, {key.removesuffix('_gb_per_s')}"
    return key.removesuffix("_mb").removesuffix("_w").replace("_", " ")


def _unit(key: str) -> str:
    return "GB/s" if key.endswith("gb_per_s") else "MB"
