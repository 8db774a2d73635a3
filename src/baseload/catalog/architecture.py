"""The shape of a language model: what its layers are, how many, how wide. Bytes and seconds follow from it.

A layer is a token mixer (attention, or a linear-attention or state-space one) with the feed-forward network after it;
where a model's mixers outnumber its networks, `mlp_layers` says how many have one.
"""

from dataclasses import dataclass
from typing import Literal, cast

from baseload.catalog.entry import Entry
from baseload.catalog.fact import Count, CountSpec, Fact, FactSpec

Attention = Literal["mha", "gqa", "mla"]
CONV_BYTES = 2
"""A convolution's last inputs are kept in 16 bits."""


def _count(name: str, unit: str, most: float = 1e6, *, least: float = 1, required: bool = False) -> CountSpec:
    return CountSpec(name=name, unit=unit, least=least, most=most, required=required)


LAYERS = _count("layers", "layers", 1e4, required=True)
HIDDEN = _count("hidden", "values", required=True)
HEADS = _count("heads", "heads", 1e4, required=True)
KV_HEADS = _count("kv_heads", "heads", 1e4, required=True)
HEAD_DIM = _count("head_dim", "values", 1e4, required=True)
VOCABULARY = _count("vocabulary", "tokens", 1e7, least=2, required=True)
MLP_LAYERS = _count("mlp_layers", "layers", 1e4)
FFN = _count("ffn", "values", 1e7)
MOE_FFN = _count("moe_ffn", "values", 1e7)
EXPERTS = _count("experts", "experts", 1e5, least=2)
EXPERTS_PER_TOKEN = _count("experts_per_token", "experts", 1e4)
SHARED_EXPERTS = _count("shared_experts", "experts", 100)
DENSE_LAYERS = _count("dense_layers", "layers", 1e4)
MOE_EVERY = _count("moe_every_n_layers", "layers", 100)
KV_LORA = _count("kv_lora_rank", "values", 1e5)
Q_LORA = _count("q_lora_rank", "values", 1e5)
ROPE = _count("rope_head_dim", "values", 1e4)
NOPE = _count("nope_head_dim", "values", 1e4)
V_HEAD = _count("v_head_dim", "values", 1e4)
WINDOW = _count("window_tokens", "tokens", 1e7)
WINDOW_LAYERS = _count("window_layers", "layers", 1e4)
SPARSE = _count("sparse_tokens", "tokens", 1e7)
INDEX_HEADS = _count("index_heads", "heads", 1e4)
INDEX_DIM = _count("index_head_dim", "values", 1e4)
LINEAR_LAYERS = _count("linear_layers", "layers", 1e4)
LINEAR_HEADS = _count("linear_heads", "heads", 1e4)
LINEAR_GROUPS = _count("linear_groups", "groups", 1e4)
LINEAR_HEAD_DIM = _count("linear_head_dim", "values", 1e4)
LINEAR_STATE = _count("linear_state", "values", 1e4)
LINEAR_CONV = _count("linear_conv", "tokens", 100)
LINEAR_BYTES = _count("linear_state_bytes", "bytes", 8)
PARAMETERS = FactSpec(name="parameters", unit="count", least=1e3, most=1e14, required=False)
ACTIVE = FactSpec(name="active_parameters", unit="count", least=1e3, most=1e14, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The numbers of a model's config. None: the model has no such part. `parameters` are as published."""

    attention: Attention
    gated_mlp: bool
    gated_attention: bool
    tied_embeddings: bool
    layers: Count
    hidden: Count
    heads: Count
    kv_heads: Count
    head_dim: Count
    vocabulary: Count
    mlp_layers: Count | None
    ffn: Count | None
    moe_ffn: Count | None
    experts: Count | None
    experts_per_token: Count | None
    shared_experts: Count | None
    dense_layers: Count | None
    moe_every_n_layers: Count | None
    kv_lora_rank: Count | None
    q_lora_rank: Count | None
    rope_head_dim: Count | None
    nope_head_dim: Count | None
    v_head_dim: Count | None
    window_tokens: Count | None
    window_layers: Count | None
    sparse_tokens: Count | None
    index_heads: Count | None
    index_head_dim: Count | None
    linear_layers: Count | None
    linear_heads: Count | None
    linear_groups: Count | None
    linear_head_dim: Count | None
    linear_state: Count | None
    linear_conv: Count | None
    linear_state_bytes: Count | None
    parameters: Fact | None
    active_parameters: Fact | None

    @property
    def attention_layers(self) -> int:
        """Layers that keep keys and values, windowed ones included."""
        return self.layers.value - number(self.linear_layers)

    @property
    def full_attention_layers(self) -> int:
        """Layers that read all of the context."""
        return self.attention_layers - number(self.window_layers)

    @property
    def moe_layers(self) -> int:
        """Layers with routed experts."""
        if self.experts is None:
            return 0
        return (self._mlp_layers - number(self.dense_layers)) // number(self.moe_every_n_layers, 1)

    @property
    def dense_mlp_layers(self) -> int:
        """Layers with a feed-forward network that every token goes through."""
        return self._mlp_layers - self.moe_layers

    @property
    def state_bytes_per_sequence(self) -> float:
        """What the linear layers keep of a sequence whatever its length: a matrix per head, and the convolution's tail.

        Values per layer: heads × head_dim × state (Mamba-2, arXiv:2405.21060; gated delta net, arXiv:2412.06464).
        """
        inner = number(self.linear_heads) * number(self.linear_head_dim)
        state = inner * number(self.linear_state) * number(self.linear_state_bytes, 4)
        channels = inner + 2 * number(self.linear_groups) * number(self.linear_state)
        tail = channels * max(0, number(self.linear_conv) - 1) * CONV_BYTES
        return float(number(self.linear_layers) * (state + tail))

    @property
    def _mlp_layers(self) -> int:
        return number(self.mlp_layers, self.layers.value)


def number(fact: Count | None, absent: int = 0) -> int:
    """A count, or what its absence stands for."""
    return absent if fact is None else fact.value


def read_architecture(entry: Entry) -> Architecture:
    """A model's shape from its file; faults go to the entry's list."""
    attention = entry.text("attention", "gqa")
    if attention not in ("mha", "gqa", "mla"):
        entry.fault(("attention",), f"attention must be mha, gqa or mla, not {attention!r}")
    return Architecture(
        attention=cast(Attention, attention),
        gated_mlp=entry.flag("gated_mlp", default=True),
        gated_attention=entry.flag("gated_attention", default=False),
        tied_embeddings=entry.flag("tied_embeddings", default=False),
        layers=entry.needed(LAYERS),
        hidden=entry.needed(HIDDEN),
        heads=entry.needed(HEADS),
        kv_heads=entry.needed(KV_HEADS),
        head_dim=entry.needed(HEAD_DIM),
        vocabulary=entry.needed(VOCABULARY),
        mlp_layers=entry.fact(MLP_LAYERS),
        ffn=entry.fact(FFN),
        moe_ffn=entry.fact(MOE_FFN),
        experts=entry.fact(EXPERTS),
        experts_per_token=entry.fact(EXPERTS_PER_TOKEN),
        shared_experts=entry.fact(SHARED_EXPERTS),
        dense_layers=entry.fact(DENSE_LAYERS),
        moe_every_n_layers=entry.fact(MOE_EVERY),
        kv_lora_rank=entry.fact(KV_LORA),
        q_lora_rank=entry.fact(Q_LORA),
        rope_head_dim=entry.fact(ROPE),
        nope_head_dim=entry.fact(NOPE),
        v_head_dim=entry.fact(V_HEAD),
        window_tokens=entry.fact(WINDOW),
        window_layers=entry.fact(WINDOW_LAYERS),
        sparse_tokens=entry.fact(SPARSE),
        index_heads=entry.fact(INDEX_HEADS),
        index_head_dim=entry.fact(INDEX_DIM),
        linear_layers=entry.fact(LINEAR_LAYERS),
        linear_heads=entry.fact(LINEAR_HEADS),
        linear_groups=entry.fact(LINEAR_GROUPS),
        linear_head_dim=entry.fact(LINEAR_HEAD_DIM),
        linear_state=entry.fact(LINEAR_STATE),
        linear_conv=entry.fact(LINEAR_CONV),
        linear_state_bytes=entry.fact(LINEAR_BYTES),
        parameters=entry.fact(PARAMETERS),
        active_parameters=entry.fact(ACTIVE),
    )
