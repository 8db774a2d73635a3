"""Which catalogue entry fits the processor of this machine: reads the text of /proc/cpuinfo, nothing else."""

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from baseload.catalog.chip import Chip, Match
from baseload.catalog.load import catalog

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What this machine shows of its processor. `name` is what it calls itself."""

    vendor_id: str
    family: int
    model: int
    machine: str
    name: str
    vcpus: int


def this_machine() -> Machine:
    """Read /proc/cpuinfo; the virtual CPUs are those this process may use, which a container may have limited."""
    text = CPUINFO.read_text(encoding="utf-8", errors="replace") if CPUINFO.exists() else ""
    return parse(text, platform.machine(), len(os.sched_getaffinity(0)))


def parse(cpuinfo: str, machine: str, vcpus: int) -> Machine:
    """A machine from the text of /proc/cpuinfo and the kernel's name for its architecture."""

    def first(key: str) -> str:
        found = re.search(rf"^{key}\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
        return found[1].strip() if found else ""

    def number(key: str) -> int:
        text = first(key)
        return int(text) if text.isdigit() else -1

    return Machine(
        vendor_id=first("vendor_id"),
        family=number("cpu family"),
        model=number("model"),
        machine=machine,
        name=first("model name") or machine,
        vcpus=max(1, vcpus),
    )


def detect_chip(machine: Machine | None = None) -> Chip:
    """The strictest entry that fits; `generic-x86-vcpu` or `generic-arm-vcpu` when nothing closer does."""
    here = machine or this_machine()
    fitting = [chip for chip in catalog().chips.having("match") if chip.match.strictness and _fits(chip.match, here)]
    if not fitting:
        return catalog().chips["generic-x86-vcpu"]
    return max(fitting, key=lambda chip: (chip.match.strictness, chip.id))


def _fits(match: Match, machine: Machine) -> bool:
    return (
        match.vendor_id in ("", machine.vendor_id)
        and (not match.family or machine.family in match.family)
        and (not match.model or machine.model in match.model)
        and match.machine in ("", machine.machine)
    )
