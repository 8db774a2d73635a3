"""Weights that Baseload can serve itself: the file, its digest, and the machine time a token takes."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec

FILE_BYTES = CountSpec(name="file_bytes", unit="bytes", least=1, most=1e13)
CONTEXT = CountSpec(name="context_tokens", unit="tokens", least=16, most=1e8)
REFERENCE_CHIPS = CountSpec(name="reference_chips", unit="chips", least=1, most=1e6)
PREFILL = FactSpec(name="prefill_us_per_token", unit="us", least=0.001, most=1e7)
DECODE = FactSpec(name="decode_us_per_token", unit="us", least=0.001, most=1e8)
STEP_BYTES = FactSpec(name="bytes_per_step", unit="bytes", least=1e3, most=1e14)
KV_BYTES = FactSpec(name="kv_bytes_per_token", unit="bytes", least=1, most=1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Servable:
    """A model's file and its pace.

    `prefill_us_per_token` and `decode_us_per_token` are microseconds of the reference machine (`reference_chip` ×
    `reference_chips`, all of it) per token: the weights by which joules are shared, and a first guess at capacity.
    """

    license: str
    format: str
    package: str
    module: str
    file: str
    sha256: str
    reference_chip: str
    file_bytes: Count
    context_tokens: Count
    reference_chips: Count
    bytes_per_step: Fact
    kv_bytes_per_token: Fact
    prefill_us_per_token: Fact
    decode_us_per_token: Fact

    def locate(self) -> Path | None:
        """Where the package that carries the file has put it; the package itself is not imported."""
        spec = find_spec(self.module)
        for folder in (spec.submodule_search_locations if spec else None) or ():
            path = Path(folder) / self.file
            if path.is_file():
                return path
        return None


def read_servable(entry: Entry) -> Servable | None:
    """The file's part of a model's entry; None for an entry that names none. Faults go to the entry's list."""
    if entry.take("file") is None:
        return None
    servable = Servable(
        license=entry.text("license"),
        format=entry.text("format"),
        package=entry.text("package"),
        module=entry.text("module"),
        file=entry.text("file"),
        sha256=entry.text("sha256"),
        reference_chip=entry.text("reference_chip"),
        file_bytes=entry.needed(FILE_BYTES),
        context_tokens=entry.needed(CONTEXT),
        reference_chips=entry.needed(REFERENCE_CHIPS),
        bytes_per_step=entry.needed(STEP_BYTES),
        kv_bytes_per_token=entry.needed(KV_BYTES),
        prefill_us_per_token=entry.needed(PREFILL),
        decode_us_per_token=entry.needed(DECODE),
    )
    if servable.sha256 and not re.fullmatch(r"[0-9a-f]{64}", servable.sha256):
        entry.fault(("sha256",), "sha256 must be 64 hex digits")
    return servable
