"""What a comparison assumes: the technology, the cost inputs, the day, how many chips are made, and what-ifs."""

from dataclasses import dataclass, field, replace
from datetime import date

from baseload.catalog.cost import CostInputs, cost_inputs
from baseload.catalog.fact import Fact
from baseload.catalog.technology import Rules, Technology, technology

VOLUME = 100_000.0
DAY = date(2026, 11, 1)
DRAM = ("hbm2e_price", "hbm3_price", "hbm3e_price", "hbm4_price", "lpddr5x_price", "gddr6_price", "gddr7_price",
        "ddr5_price", "ddr5_rdimm_spot_price")  # fmt: skip
"""Every price of memory that a chip or its server is bought with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """`volume` is chips of the design made in all. `memory_price` and `bought_price` are multiples of today's.

    `day` dates the prices, and months count from it.
    """

    technology: Technology = field(default_factory=technology)
    inputs: CostInputs = field(default_factory=cost_inputs)
    volume: float = VOLUME
    day: date = DAY
    memory_price: float = 1.0
    bought_price: float = 1.0

    @property
    def rules(self) -> Rules:
        return self.technology.rules

    def of(self, name: str) -> float:
        """A cost input's central value on the day."""
        return self.inputs.at(name, self.day).value

    @property
    def priced(self) -> CostInputs:
        """The cost inputs with every memory's price multiplied."""
        if self.memory_price == 1:
            return self.inputs
        return _scaled(self.inputs, DRAM, self.memory_price)

    def scaling(self, name: str, factor: float) -> "Market":
        """The same with a cost input multiplied on every day."""
        return replace(self, inputs=_scaled(self.inputs, (name,), factor))

    def ruling(self, name: str, value: float) -> "Market":
        """The same with one design rule stated exactly."""
        said = replace(getattr(self.rules, name), value=value, low=value, high=value)
        rules = replace(self.rules, **{name: said})
        return replace(self, technology=replace(self.technology, rules=rules))


def _scaled(inputs: CostInputs, names: tuple[str, ...], factor: float) -> CostInputs:
    """Dates stay, so that what follows from them does too."""
    series = {name: tuple(_times(fact, factor) for fact in inputs.dated(name)) for name in names}
    return CostInputs(series={**inputs.series, **series})


def _times(fact: Fact, factor: float) -> Fact:
    return replace(fact, value=fact.value * factor, low=fact.low * factor, high=fact.high * factor)
