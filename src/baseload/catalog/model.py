"""Models: the file, its digest, the numbers of its architecture, and the machine time a token takes."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Fact, FactSpec

PREFILL = FactSpec(name="prefill_us_per_token", unit="us", least=0.001, most=1e7)
DECODE = FactSpec(name="decode_us_per_token", unit="us", least=0.001, most=1e8)
PARAMETERS = FactSpec(name="parameters", unit="count", least=1e3, most=1e14)
STEP_BYTES = FactSpec(name="bytes_per_step", unit="bytes", least=1e3, most=1e14)
KV_BYTES = FactSpec(name="kv_bytes_per_token", unit="bytes", least=1, most=1e9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One entry of catalog/models/.

    `prefill_us_per_token` and `decode_us_per_token` are microseconds of the reference machine (`reference_chip` ×
    `reference_chips`, all of it) per token: the weights by which joules are shared, and a first guess at capacity.
    """

    id: str
    name: str
    license: str
    architecture: str
    format: str
    package: str
    module: str
    file: str
    file_bytes: int
    sha256: str
    context_tokens: int
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocabulary: int
    tied_embeddings: bool
    reference_chip: str
    reference_chips: int
    parameters: Fact
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


def read_model(entry: Entry) -> ModelEntry:
    """A model from its file; faults go to the entry's list."""
    model = ModelEntry(
        id=entry.text("id"),
        name=entry.text("name"),
        license=entry.text("license"),
        architecture=entry.text("architecture"),
        format=entry.text("format"),
        package=entry.text("package"),
        module=entry.text("module"),
        file=entry.text("file"),
        file_bytes=entry.whole("file_bytes", 1, 10**13),
        sha256=entry.text("sha256"),
        context_tokens=entry.whole("context_tokens", 16, 10**8),
        layers=entry.whole("layers", 1, 10_000),
        hidden=entry.whole("hidden", 1, 10**6),
        heads=entry.whole("heads", 1, 10_000),
        kv_heads=entry.whole("kv_heads", 1, 10_000),
        head_dim=entry.whole("head_dim", 1, 10_000),
        ffn=entry.whole("ffn", 1, 10**7),
        vocabulary=entry.whole("vocabulary", 2, 10**7),
        tied_embeddings=entry.flag("tied_embeddings", default=False),
        reference_chip=entry.text("reference_chip"),
        reference_chips=entry.whole("reference_chips", 1, 10**6),
        parameters=entry.needed(PARAMETERS),
        bytes_per_step=entry.needed(STEP_BYTES),
        kv_bytes_per_token=entry.needed(KV_BYTES),
        prefill_us_per_token=entry.needed(PREFILL),
        decode_us_per_token=entry.needed(DECODE),
    )
    if model.sha256 and not re.fullmatch(r"[0-9a-f]{64}", model.sha256):
        entry.fault(("sha256",), "sha256 must be 64 hex digits")
    return model
