"""This machine as a chip: memory bandwidth and matrix throughput measured, a catalogue entry made of them."""

from baseload.silicon.measure.chip import Measured, entry_toml
from baseload.silicon.measure.matmul import matmul_flops_per_s
from baseload.silicon.measure.memory import Bandwidth, bandwidth
from baseload.silicon.measure.roofline import Bound, Load, decode_tokens_per_s, prefill_tokens_per_s

__all__ = [
    "Bandwidth",
    "Bound",
    "Load",
    "Measured",
    "bandwidth",
    "decode_tokens_per_s",
    "entry_toml",
    "matmul_flops_per_s",
    "prefill_tokens_per_s",
]
