"""Language models: a shape each, and the file of those that Baseload serves itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from baseload.catalog.architecture import Architecture, read_architecture
from baseload.catalog.entry import Entry
from baseload.catalog.parameters import count_parameters
from baseload.catalog.servable import Servable, read_servable

TOLERANCE = 0.03
"""How far a published count of parameters may lie from the shape's: vision towers and draft heads are left out."""

MLA = ("kv_lora_rank", "rope_head_dim", "nope_head_dim", "v_head_dim")
MOE = ("experts", "experts_per_token", "moe_ffn")
LINEAR = ("linear_layers", "linear_heads", "linear_groups", "linear_head_dim", "linear_state", "linear_conv")
WINDOW = ("window_tokens", "window_layers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One entry of catalog/models/. `family` is whose code runs it, as in its config; `note` is for people."""

    id: str
    name: str
    aliases: tuple[str, ...]
    family: str
    note: str
    architecture: Architecture
    servable: Servable | None


def read_model(entry: Entry) -> ModelEntry:
    """A model from its file; faults go to the entry's list."""
    before = len(entry.faults)
    model = ModelEntry(
        id=entry.text("id"),
        name=entry.text("name"),
        aliases=entry.texts("aliases"),
        family=entry.text("family"),
        note=entry.text("note", ""),
        architecture=read_architecture(entry),
        servable=read_servable(entry),
    )
    if len(entry.faults) == before:
        for name, message in _objections(model.architecture):
            entry.fault((name, "value"), message)
    return model


def _objections(a: Architecture) -> Iterator[tuple[str, str]]:
    """Where the numbers of a shape do not go together: the field, and what is wrong with it."""
    for part in (MLA, MOE, LINEAR, WINDOW):
        missing = [name for name in part if getattr(a, name) is None]
        if missing and (len(missing) < len(part) or (part is MLA and a.attention == "mla")):
            yield missing[0], f"{', '.join(missing)} missing: {', '.join(part)} go together"
            return
    if a.attention_layers < 0 or a.full_attention_layers < 0 or a.dense_mlp_layers < 0:
        yield "layers", f"layers {a.layers.value} are fewer than the kinds of layers add up to"
    if a.ffn is None and a.dense_mlp_layers:
        yield "ffn", f"ffn is missing: {a.dense_mlp_layers} layers have no routed experts"
    if a.heads.value % a.kv_heads.value:
        yield "kv_heads", f"heads {a.heads.value} do not divide among kv_heads {a.kv_heads.value}"
    counted = count_parameters(a)
    for name, fact, count in (
        ("parameters", a.parameters, counted.total),
        ("active_parameters", a.active_parameters, counted.active),
    ):
        if fact is not None and not (1 - TOLERANCE) * fact.low <= count <= (1 + TOLERANCE) * fact.high:
            yield name, f"{name}: {fact.value:g} published, but the layers add up to {count:.4g}"
