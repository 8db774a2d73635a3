"""The embedded engine on a measured processor, by the step time of every other prediction (silicon/coefficients.py)."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import numpy as np

from baseload.catalog.fact import FactSpec
from baseload.silicon.coefficients import Coefficients, Number, parts
from baseload.silicon.measure.roofline import Load
from baseload.silicon.ranged import Band, Facts, band, central, drawn, read_facts

SPECS = (
    FactSpec(name="int8_efficiency", unit="share", least=0.01, most=1),
    FactSpec(name="fp32_efficiency", unit="share", least=0.01, most=1),
    FactSpec(name="layer_overhead_us", unit="us", least=0, most=1e5),
)

NOTHING = Coefficients(*[0.0] * len(Coefficients._fields))
"""No experts, no window, no links: a dense model on one processor."""


@cache
def engine_facts() -> Facts:
    """Those that ship with Baseload, read once."""
    text = files(__package__).joinpath("facts.toml").read_text(encoding="utf-8")
    return read_facts(text, "silicon/measure/facts.toml", SPECS)


def arithmetic(operations_per_s: Mapping[str, float]) -> str:
    """The precision the engine multiplies in: whole numbers where the processor has a dot product for them."""
    return "int8" if "int8" in operations_per_s else "fp32"


class Engine:
    """Predicts on a processor with so many bytes and operations per second, by precision. Everything is modelled."""

    def __init__(self, load: Load, *, read_bytes_per_s: float, operations_per_s: Mapping[str, float]) -> None:
        self.load, self.read_bytes_per_s = load, read_bytes_per_s
        self.precision = arithmetic(operations_per_s)
        self.flops_per_s = operations_per_s[self.precision]

    def decode_tokens_per_s(
        self, *, sequences: int, context_tokens: float, rng: np.random.Generator
    ) -> tuple[Band, str]:
        """So many sequences with so much context each, and the part of the step that binds."""

        def step(c: Coefficients) -> Number:
            return parts(c, decoding=sequences, context_tokens=sequences * context_tokens).step_s

        centre = self._coefficients(central(engine_facts()), head=True)
        draws = step(self._coefficients(drawn(engine_facts(), rng), head=True))
        binds = parts(centre, decoding=sequences, context_tokens=sequences * context_tokens).binds()
        return band(sequences / draws, sequences / step(centre)), str(binds)

    def prefill_tokens_per_s(
        self, *, prompt_tokens: int, chunk_tokens: int, rng: np.random.Generator
    ) -> tuple[Band, str]:
        """One prompt alone, chunk after chunk, each seeing all before it."""
        chunks = [(at, min(chunk_tokens, prompt_tokens - at)) for at in range(0, prompt_tokens, chunk_tokens)]

        def whole(c: Coefficients) -> Number:
            seconds = [
                parts(c, decoding=0, context_tokens=0, prefill_tokens=size, prefill_pairs=size * (at + size / 2)).step_s
                for at, size in chunks
            ]
            return np.asarray(np.sum(seconds, axis=0))

        centre = self._coefficients(central(engine_facts()), head=False)
        draws = whole(self._coefficients(drawn(engine_facts(), rng), head=False))
        binds = parts(centre, decoding=0, context_tokens=0, prefill_tokens=chunk_tokens, prefill_pairs=0).binds()
        return band(prompt_tokens / draws, prompt_tokens / whole(centre)), str(binds)

    def _coefficients(self, facts: Mapping[str, Number], *, head: bool) -> Coefficients:
        """Seconds; the head multiplies every decoding token, and of a prompt only the last, which is left out."""
        flops_per_s = self.flops_per_s * facts[f"{self.precision}_efficiency"]
        params = self.load.body_params + (self.load.head_params if head else 0.0)
        return NOTHING._replace(
            weights_s=self.load.bytes_per_step / self.read_bytes_per_s,
            compute_s=2 * params / flops_per_s,
            kv_s=self.load.kv_bytes_per_token / self.read_bytes_per_s,
            attention_s=self.load.attention_flops / flops_per_s,
            fixed_s=self.load.layers * facts["layer_overhead_us"] / 1e6,
        )
