"""What a chip costs, line by line. One formula for one design, for thousands of draws, and for thousands of designs."""

from typing import NamedTuple

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.logic import logic_cost
from baseload.silicon.costing.margin import gross_margin, margin_usd
from baseload.silicon.costing.memory import memory_usd
from baseload.silicon.costing.nre import nre_per_unit_usd
from baseload.silicon.costing.package import package_usd
from baseload.silicon.costing.system import server_usd


class Lines(NamedTuple):
    """USD per chip; the first six are what it costs to make, and all add up to `total`."""

    die: Array
    """Its dies' share of their wafers."""
    yield_loss: Array
    """What dies that do not work add to those that do."""
    memory: Array
    package: Array
    test: Array
    """Test and assembly: substrate, passives and putting together included."""
    scrap: Array
    """Whole chips that fail the last test, paid by those that pass."""
    margin: Array
    nre: Array
    """Design, masks and respins, over the volume."""
    server: Array
    """Board, host and network card."""

    @property
    def logic(self) -> Array:
        """Good dies."""
        return self.die + self.yield_loss

    @property
    def made(self) -> Array:
        """The cost of making it."""
        return np.asarray(self.logic + self.memory + self.package + self.test + self.scrap)

    @property
    def chip(self) -> Array:
        """What its buyer pays for the chip: made, margin, and his share of NRE."""
        return self.made + self.margin + self.nre

    @property
    def total(self) -> Array:
        """The chip and its share of the server."""
        return self.chip + self.server


def lines(design: Design, volume: Number, pick: Pick) -> Lines:
    """A design's lines; shapes broadcast from the design's arrays and the draws of `pick`."""
    gross, lost = logic_cost(design, pick)
    memory = memory_usd(design.memory_type, design.memory_gb, pick)
    package = package_usd(design, gross + lost, pick)
    test = np.asarray(_test_usd(design, pick))
    tested = gross + lost + memory + package + test
    scrap = np.asarray(tested * (1.0 / np.asarray(pick("final_test_yield")) - 1.0))
    margin = gross_margin(design.seller, pick)
    return Lines(
        die=gross,
        yield_loss=lost,
        memory=memory,
        package=package,
        test=test,
        scrap=scrap,
        margin=margin_usd(tested + scrap, margin),
        nre=nre_per_unit_usd(design, volume, pick),
        server=server_usd(design, margin if design.seller == "merchant" else 0.0, pick),
    )


def _test_usd(design: Design, pick: Pick) -> Number:
    """The design's own charge, else the catalogue's. It covers test, substrate, passives and assembly."""
    if design.test_usd is not None:
        return pick.of(f"test_usd of {design.name}", design.test_usd)
    return pick("test_and_assembly_accelerator")
