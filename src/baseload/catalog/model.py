"""Models: the file, its digest, the numbers of its architecture, and the machine time a token takes."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec

FILE_BYTES = CountSpec(name="file_bytes", unit="bytes", least=1, most=1e13)
CONTEXT = CountSpec(name="context_tokens", unit="tokens", least=16, most=1e8)
LAYERS = CountSpec(name="layers", unit="layers", least=1, most=1e4)
HIDDEN = CountSpec(name="hidden", unit="values", least=1, most=1e6)
HEADS = CountSpec(name="heads", unit="heads", least=1, most=1e4)
KV_HEADS = CountSpec(name="kv_heads", unit="heads", least=1, most=1e4)
HEAD_DIM = CountSpec(name="head_dim", unit="values", least=1, most=1e4)
FFN = CountSpec(name="ffn", unit="values", least=1, most=1e7)
VOCABULARY = CountSpec(name="vocabulary", unit="tokens", least=2, most=1e7)
REFERENCE_CHIPS = CountSpec(name="reference_chips", unit="chips", least=1, most=1e6)
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
    file_bytes: Count
    sha256: str
    context_tokens: Count
    layers: Count
    hidden: Count
    heads: Count
    kv_heads: Count
    head_dim: Count
    ffn: Count
    vocabulary: Count
    tied_embeddings: bool
    reference_chip: str
    reference_chips: Count
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
        file_bytes=entry.needed(FILE_BYTES),
        sha256=entry.text("sha256"),
        context_tokens=entry.needed(CONTEXT),
        layers=entry.needed(LAYERS),
        hidden=entry.needed(HIDDEN),
        heads=entry.needed(HEADS),
        kv_heads=entry.needed(KV_HEADS),
        head_dim=entry.needed(HEAD_DIM),
        ffn=entry.needed(FFN),
        vocabulary=entry.needed(VOCABULARY),
        tied_embeddings=entry.flag("tied_embeddings", default=False),
        reference_chip=entry.text("reference_chip"),
        reference_chips=entry.needed(REFERENCE_CHIPS),
        parameters=entry.needed(PARAMETERS),
        bytes_per_step=entry.needed(STEP_BYTES),
        kv_bytes_per_token=entry.needed(KV_BYTES),
        prefill_us_per_token=entry.needed(PREFILL),
        decode_us_per_token=entry.needed(DECODE),
    )
    if model.sha256 and not re.fullmatch(r"[0-9a-f]{64}", model.sha256):
        entry.fault(("sha256",), "sha256 must be 64 hex digits")
    return model
