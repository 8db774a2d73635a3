"""TRAFFIC.toml: a traffic mix read with all its faults at once, and written so that reading gives the same mix."""

import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, cast

from baseload.config.lines import index
from baseload.config.read import syntax_fault
from baseload.config.table import TableReader
from baseload.config.traffic import Spread, Traffic, TrafficClass, problems
from baseload.errors import DescriptionError, Fault


def read_traffic(path: Path) -> Traffic:
    """The mix in a file. Raises `DescriptionError` with every fault and its line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = f"cannot be read: {error}; `baseload usage traffic` writes one of a running cloud"
        raise DescriptionError([Fault(file=str(path), line=0, message=said)]) from error
    return traffic_from_toml(text, str(path))


def traffic_from_toml(text: str, file: str = "TRAFFIC.toml") -> Traffic:
    """The mix in a text: form first; what the values say about each other only once their form holds."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError([syntax_fault(text, file, error)]) from error
    faults: list[Fault] = []
    reader = TableReader(file, index(text), faults)
    for name in tree.keys() - {"traffic", "class"}:
        reader.fault((name,), "is not a table here; a mix has one [traffic] and a [[class]] for each model and tier")
    head = reader.table(Traffic, tree.get("traffic", {}), ("traffic",), leave=("classes",))
    classes = reader.each(TrafficClass, tree.get("class", []), ("class",))
    if not faults:
        traffic = cast(Traffic, replace(head, classes=classes))
        for path, message in problems(traffic):
            reader.fault(path, message)
        if not faults:
            return traffic
    raise DescriptionError(sorted(faults, key=lambda fault: fault.line))


def traffic_to_json(traffic: Traffic) -> dict[str, Any]:
    """Plain tables, lists and numbers; a key that says nothing is null."""
    return asdict(traffic)


def traffic_to_toml(traffic: Traffic, *, notes: Sequence[str] = ()) -> str:
    """TOML that reads back to an equal mix; `notes` are comments at the top."""
    lines = [f"# {note}" for note in notes] + [""] * bool(notes)
    lines += ["[traffic]", *_pairs(traffic, leave=("hours", "classes")), "hours = [ # shares by hour of the day, UTC"]
    lines += [f"  {', '.join(map(_number, traffic.hours[at : at + 6]))}," for at in range(0, len(traffic.hours), 6)]
    lines += ["]"]
    for one in traffic.classes:
        lines += ["", "[[class]]", *_pairs(one, leave=("slo",))]
        lines += ["[class.slo]", *_pairs(one.slo)] if one.slo else ["# no SLO is stated"]
    return "\n".join(lines) + "\n"


def _pairs(thing: Traffic | TrafficClass | Any, leave: Sequence[str] = ()) -> Iterator[str]:
    for field in fields(thing):
        value = getattr(thing, field.name)
        if value is not None and field.name not in leave:
            yield f"{field.name} = {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, Spread):
        return "{ " + ", ".join(_pairs(value)) + " }"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON lets DEL pass, TOML does not


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
