"""The numbers of facts.toml, checked like an entry of the catalogue."""

from functools import cache
from importlib.resources import files

from baseload.catalog.fact import FactSpec
from baseload.silicon.ranged import Facts, read_facts

SPECS = (
    FactSpec(name="bf16_utilisation", unit="share", least=0.01, most=1),
    FactSpec(name="fp8_utilisation", unit="share", least=0.01, most=1),
    FactSpec(name="link_efficiency", unit="share", least=0.01, most=1),
    FactSpec(name="tensor_overlap", unit="share", least=0, most=1),
    FactSpec(name="expert_overlap", unit="share", least=0, most=1),
    FactSpec(name="gradient_overlap", unit="share", least=0, most=1),
    FactSpec(name="network_gb_per_s", unit="GB/s", least=0.1, most=1e5),
    FactSpec(name="interruptions_per_chip_hour", unit="1/h", least=0, most=1),
    FactSpec(name="restart_min", unit="min", least=0, most=1e4),
    FactSpec(name="storage_gb_per_s_per_chip", unit="GB/s", least=1e-6, most=1e4),
    FactSpec(name="node_w_per_chip_max_w", unit="W/W", least=0.5, most=5),
)


@cache
def training_facts() -> Facts:
    """Those that ship with Baseload, read once."""
    text = files(__package__).joinpath("facts.toml").read_text(encoding="utf-8")
    return read_facts(text, "silicon/training/facts.toml", SPECS)
