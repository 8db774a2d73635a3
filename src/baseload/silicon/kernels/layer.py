"""The kernels of one transformer layer under tensor parallelism, by name, attention not fused.

Shapes of Megatron-LM (arXiv:1909.08053): column-parallel then row-parallel products, an all-reduce after each pair.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from baseload.catalog import chip
from baseload.silicon.hardware import hardware_of
from baseload.silicon.kernels.all_reduce import all_reduce_case
from baseload.silicon.kernels.case import Case
from baseload.silicon.kernels.gemm import FEW_ROWS, gemm_case

VALUE_BYTES = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A multi-head layer run in 16 bits over `tensor` chips; every sequence adds `new_tokens` to see `context` ones."""

    chip: str
    tensor: int
    hidden: int
    heads: int
    inner: int
    batch: int
    new_tokens: int
    context: int
    engine: str

    @property
    def tokens(self) -> int:
        return self.batch * self.new_tokens

    def product(self, n: int, k: int) -> Case:
        return gemm_case(self.chip, self.tokens, n, k, "bf16", self.engine)

    def batched(self, n: int, k: int) -> Case:
        """Of every sequence and head: new_tokens × k by k × n."""
        count = self.batch * self.heads / self.tensor
        one = gemm_case(self.chip, self.new_tokens, n, k, "bf16", self.engine)
        many = {name: count * one.quantities[name] for name in ("compute_s", "memory_s")}
        return replace(one, quantities={**one.quantities, **many})

    def streamed(self, values: float) -> Case:
        """Element-wise: as many values read as written; a product without arithmetic."""
        one = gemm_case(self.chip, FEW_ROWS, 1, 1, "bf16", self.engine)
        seconds = 2.0 * VALUE_BYTES * values / hardware_of(chip(self.chip)).bandwidth_bytes_per_s
        return replace(one, quantities={**one.quantities, "compute_s": 0.0, "memory_s": seconds, "depth": 0.0})

    def reduced(self) -> Case:
        return all_reduce_case(self.chip, self.tensor, VALUE_BYTES * self.tokens * self.hidden, "NCCL")

    @property
    def scores(self) -> float:
        """Values of the attention matrix on one chip."""
        return self.batch * self.heads / self.tensor * self.new_tokens * self.context


OPERATORS: Mapping[str, Callable[[Layer], Case]] = {
    "qkv_proj": lambda a: a.product(3 * a.hidden // a.tensor, a.hidden),
    "q_mul_k": lambda a: a.batched(a.context, a.hidden // a.heads),
    "softmax": lambda a: a.streamed(a.scores),
    "a_mul_v": lambda a: a.batched(a.hidden // a.heads, a.context),
    "wo_proj": lambda a: a.product(a.hidden, a.hidden // a.tensor),
    "allreduce_mha": Layer.reduced,
    "layernorm_mha": lambda a: a.streamed(a.tokens * a.hidden),
    "w1_proj": lambda a: a.product(a.inner // a.tensor, a.hidden),
    "gelu": lambda a: a.streamed(a.tokens * a.inner / a.tensor),
    "w2_proj": lambda a: a.product(a.hidden, a.inner // a.tensor),
    "allreduce_ffn": Layer.reduced,
    "layernorm_ffn": lambda a: a.streamed(a.tokens * a.hidden),
}
