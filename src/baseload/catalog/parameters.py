"""A model's parameters, counted from its shape, by the part that reads them."""

from dataclasses import dataclass

from baseload.catalog.architecture import Architecture, number


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Counts over all layers. Biases are left out: below a thousandth in every model of the catalogue."""

    attention: float
    """Projections of attention layers, latent ones and the sparse index included."""
    linear: float
    """Linear-attention and state-space mixers."""
    dense_mlp: float
    shared_experts: float
    routed_experts: float
    routed_per_token: float
    """Of the routed experts, what one token goes through."""
    router: float
    embedding: float
    """The input table; a token reads one row of it."""
    head: float
    """The output projection; the same weights as `embedding` where they are tied."""
    tied: bool
    norms: float

    @property
    def total(self) -> float:
        return self.active - self.routed_per_token + self.routed_experts + (0.0 if self.tied else self.embedding)

    @property
    def active(self) -> float:
        """What one token is multiplied with: the head counts, the embedding table does not (gpt-oss model card)."""
        mixers = self.attention + self.linear
        return (
            mixers + self.dense_mlp + self.shared_experts + self.routed_per_token + self.router + self.head + self.norms
        )


def count_parameters(a: Architecture) -> Parameters:
    """All parts of a model."""
    hidden = a.hidden.value
    matrices = 3 if a.gated_mlp else 2
    expert = matrices * hidden * number(a.moe_ffn)
    embedding = float(a.vocabulary.value * hidden)
    return Parameters(
        attention=float(a.attention_layers * (_latent(a) if a.attention == "mla" else _grouped(a))),
        linear=float(number(a.linear_layers) * _linear(a)),
        dense_mlp=float(a.dense_mlp_layers * matrices * hidden * number(a.ffn)),
        shared_experts=float(a.moe_layers * number(a.shared_experts) * expert),
        routed_experts=float(a.moe_layers * number(a.experts) * expert),
        routed_per_token=float(a.moe_layers * number(a.experts_per_token) * expert),
        router=float(a.moe_layers * number(a.experts) * hidden),
        embedding=embedding,
        head=embedding,
        tied=a.tied_embeddings,
        norms=float((2 * a.layers.value + 1) * hidden),
    )


def _grouped(a: Architecture) -> int:
    """Q and O for every head (Q twice with an output gate), K and V for every KV head."""
    query = a.heads.value * a.head_dim.value
    key = a.kv_heads.value * a.head_dim.value
    return a.hidden.value * ((2 if a.gated_attention else 1) * query + 2 * key + query)


def _latent(a: Architecture) -> int:
    """Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434), and the index of its sparse form (DeepSeek-V3.2)."""
    heads, hidden, rank = a.heads.value, a.hidden.value, number(a.kv_lora_rank)
    wide = heads * (number(a.nope_head_dim) + number(a.rope_head_dim))
    low = number(a.q_lora_rank)
    query = (hidden + wide) * low if low else hidden * wide
    down = hidden * (rank + number(a.rope_head_dim))
    up = rank * heads * (number(a.nope_head_dim) + number(a.v_head_dim))
    out = heads * number(a.v_head_dim) * hidden
    index = number(a.index_heads) * (number(a.index_head_dim) * low + hidden) + hidden * number(a.index_head_dim)
    return query + down + up + out + index


def _linear(a: Architecture) -> int:
    """Input, gate, keys and queries (B and C), a step size per head, the convolution, and the way out."""
    inner = number(a.linear_heads) * number(a.linear_head_dim)
    keys = number(a.linear_groups) * number(a.linear_state)
    into = a.hidden.value * (2 * inner + 2 * keys + number(a.linear_heads))
    return into + (inner + 2 * keys) * number(a.linear_conv) + inner * a.hidden.value
