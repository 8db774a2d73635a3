"""Replicas and loads for the simulator's tests. Assumed figures of the size of an 8B model on one large GPU."""

import numpy as np

from baseload.silicon.coefficients import Coefficients
from baseload.silicon.simulator import Engine, Load, LogNormal, Mix, Prefixes, poisson

NOTHING = Coefficients(*(0.0 for _ in Coefficients._fields))
DENSE = NOTHING._replace(
    weights_s=5.6e-3, compute_s=2.3e-5, kv_s=4.9e-8, attention_s=1e-9, fixed_s=1e-3, sequence_s=5e-6
)  # fmt: skip
MIXED = DENSE._replace(
    experts_s=9e-3, experts=64.0, experts_per_token=6.0, tile_s=4e-4, window_kv_s=3e-8, window_tokens=200.0,
    state_s=2e-6, network_s=1e-4, network_token_s=3e-7, launch_s=9e-3,
)  # fmt: skip
"""Every term of the formula at once."""
CLOCKWORK = NOTHING._replace(fixed_s=1e-2)
"""Each step takes 10 ms, whatever is in it."""
ROOMY = Engine()
CHAT = Mix(input=LogNormal(mean=300, p90=600), output=LogNormal(mean=80, p90=160))
BUSY = Mix(
    input=LogNormal(mean=300, p90=600),
    output=LogNormal(mean=80, p90=160),
    priorities={0: 0.2, 1: 0.5, 5: 0.3},
    prefixes=Prefixes(count=20, tokens=150, share=0.7),
)
TIGHT = Engine(
    kv_tokens=12_000, max_sequences=48, max_batched_tokens=512, front_end_s=2e-3, after_s=1e-3, per_token_s=2e-5
)
"""Too small for BUSY at 60 requests a second: it preempts and evicts all the time."""


def busy(requests: int = 1500, rate_per_s: float = 60.0, seed: int = 7) -> Load:
    return poisson(BUSY, requests=requests, rate_per_s=rate_per_s, seed=seed)


def asked(
    *requests: tuple[float, int, int],
    prefix: list[int] | None = None,
    common: int = 0,
    priority: list[int] | None = None,
) -> Load:
    """A load from (arrival, input, output) by hand."""
    n = len(requests)
    times, ins, outs = zip(*requests, strict=True)
    texts = np.array(prefix or [-1] * n)
    return Load(
        arrival_s=np.array(times, dtype=float),
        input_tokens=np.array(ins),
        output_tokens=np.array(outs),
        prefix=texts,
        prefix_tokens=np.where(texts >= 0, common, 0),
        priority=np.array(priority or [0] * n),
    )
