"""A model as a step sees it: parameters read and multiplied, cache read, per token and over all layers."""

from dataclasses import dataclass

from baseload.catalog.architecture import Architecture, number
from baseload.catalog.parameters import count_parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Counts of one model, over all layers. Parameters and cached values are numbers of values, not bytes."""

    layers: int
    moe_layers: int
    hidden: int
    heads: int
    kv_heads: int
    latent: bool
    """Multi-head latent attention: one latent per token, which tensor parallelism cannot split."""
    mixer_params: float
    """Projections of attention, linear-attention and state-space layers."""
    mlp_params: float
    """Dense feed-forward networks, shared experts, routers and norms: touched by every token."""
    expert_params: float
    """All routed experts."""
    head_params: float
    embedding_params: float
    """0 when tied to the head."""
    experts: int
    experts_per_token: int
    kv_values: float
    """Cached per token by layers that read all of the context."""
    window_values: float
    """Cached per token by layers that read the last `window_tokens`; sparse attention reads as many of its own."""
    window_tokens: int
    window_kept: bool
    """Whether only the window is kept: sliding windows forget, sparse attention does not."""
    state_bytes: float
    score_flops: float
    """Of attention per query and context token, all reading layers; decode of latent attention in latent space."""
    prefill_score_flops: float
    """Of layers that read all of the context; of sparse attention its index, which reads all of it too."""
    window_prefill_flops: float
    """Of layers that attend to at most `window_tokens`."""

    @property
    def params(self) -> float:
        return self.mixer_params + self.mlp_params + self.expert_params + self.head_params + self.embedding_params

    @property
    def active_params(self) -> float:
        """Multiplied for each token; the embedding is a lookup."""
        routed = self.expert_params * self.experts_per_token / self.experts if self.experts else 0.0
        return self.mixer_params + self.mlp_params + routed + self.head_params

    @property
    def growing_values(self) -> float:
        """Cached per token for as long as the sequence lives."""
        return self.kv_values + (0.0 if self.window_kept else self.window_values)

    @property
    def bounded_values(self) -> float:
        """Cached per sequence by windows that forget, at most."""
        return self.window_values * self.window_tokens if self.window_kept else 0.0


def shape_of(a: Architecture) -> Shape:
    """From a catalogue entry's architecture."""
    p = count_parameters(a)
    full, windowed = a.full_attention_layers, number(a.window_layers)
    sparse = number(a.sparse_tokens)
    cached, score, prefill = _attention(a)
    index = 2 * number(a.index_heads) * number(a.index_head_dim)
    return Shape(
        layers=a.layers.value,
        moe_layers=a.moe_layers,
        hidden=a.hidden.value,
        heads=a.heads.value,
        kv_heads=a.kv_heads.value,
        latent=a.attention == "mla",
        mixer_params=p.attention + p.linear,
        mlp_params=p.dense_mlp + p.shared_experts + p.router + p.norms,
        expert_params=p.routed_experts,
        head_params=p.head,
        embedding_params=0.0 if p.tied else p.embedding,
        experts=number(a.experts),
        experts_per_token=number(a.experts_per_token),
        kv_values=0.0 if sparse else float(cached * full),
        window_values=float(cached * (full if sparse else windowed)),
        window_tokens=sparse or number(a.window_tokens),
        window_kept=not sparse,
        state_bytes=a.state_bytes_per_sequence,
        score_flops=float(score * full),
        prefill_score_flops=float((index if sparse else prefill) * full),
        window_prefill_flops=float(prefill * (full if sparse else windowed)),
    )


def _attention(a: Architecture) -> tuple[int, int, int]:
    """Of one layer: values cached per token, and flops per query × context token in decode and in prefill.

    Grouped: 2 · d for the scores and as much for the sum, per head. Latent (arXiv:2405.04434): decode works on the
    latent itself, prefill on heads unfolded from it.
    """
    heads = a.heads.value
    if a.attention == "mla":
        rank, rope = number(a.kv_lora_rank), number(a.rope_head_dim)
        unfolded = number(a.nope_head_dim) + rope + number(a.v_head_dim)
        return rank + rope, 2 * heads * (2 * rank + rope), 2 * heads * unfolded
    dim = a.head_dim.value
    return 2 * a.kv_heads.value * dim, 4 * heads * dim, 4 * heads * dim
