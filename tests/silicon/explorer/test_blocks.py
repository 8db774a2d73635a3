"""Area, watts and peaks: what the templates say of chips that exist, and how they must move."""

from dataclasses import dataclass

import numpy as np
import pytest

from baseload.silicon.explorer import build
from baseload.silicon.explorer.blocks import area, reuse, voltage_squared
from baseload.silicon.explorer.genome import decode, genes, together
from tests.silicon.explorer.mixes import MARKET, chip


@dataclass(frozen=True, kw_only=True)
class Floorplan:
    """A chip by its maker's figures: die area of the compute dies, SRAM and interfaces on them, peak, clock, watts.

    Areas and SRAM: shared sources of the catalogue's chips. Clocks: H100 132 SM × 4 × 512 FMA at 1.83 GHz = 989
    TFLOP/s; MI300X 304 CU × 1024 FMA at 2.1 GHz; MTIA 2i 1.35 GHz (ISCA'25). `spare`: units that are switched off.
    """

    node: str
    dies_mm2: float
    sram_mb: float
    interface_mm2: float
    link_gb_per_s: float
    ghz: float
    spare: float
    peak_tflops: float
    joined: bool = False


H100 = Floorplan(node="n5", dies_mm2=814, sram_mb=50, interface_mm2=6 * 14.45, link_gb_per_s=450, ghz=1.83,
                 spare=12 / 144, peak_tflops=989)  # fmt: skip
MI300X = Floorplan(node="n5", dies_mm2=920, sram_mb=32, interface_mm2=0, link_gb_per_s=0, ghz=2.1,
                   spare=16 / 320, peak_tflops=1307)  # fmt: skip
MTIA_2I = Floorplan(node="n5", dies_mm2=420, sram_mb=280, interface_mm2=18.6, link_gb_per_s=0, ghz=1.35,
                    spare=0, peak_tflops=177)  # fmt: skip
MI355X = Floorplan(node="n3", dies_mm2=880, sram_mb=32, interface_mm2=0, link_gb_per_s=0, ghz=2.4,
                   spare=32 / 288, peak_tflops=2517)  # fmt: skip
B200 = Floorplan(node="n5", dies_mm2=1600, sram_mb=126, interface_mm2=8 * 14.45, link_gb_per_s=900, ghz=1.85,
                 spare=12 / 160, peak_tflops=2250, joined=True)  # fmt: skip


def peak_tflops(plan: Floorplan) -> float:
    """The template's peak for the area that is left for compute on a real floorplan."""
    rules, node = MARKET.rules, MARKET.technology.nodes[plan.node]
    shares = rules.fabric_share.value + (rules.die_to_die_share.value if plan.joined else 0)
    links = plan.link_gb_per_s * MARKET.of("area_nvlink4_phy_per_link") / 25
    compute = plan.dies_mm2 * (1 - shares) - plan.sram_mb * node.sram_mm2_per_mb.value - plan.interface_mm2 - links
    made = chip(compute_mm2=compute, node=plan.node, frequency_ghz=plan.ghz, memory="hbm3e",
                programmable=rules.reference_programmable.value)  # fmt: skip
    working = (1 - plan.spare) / (1 - rules.spare_share.value)
    return float(build(made, MARKET).peaks.bf16[0]) / 1e12 * working


@pytest.mark.parametrize("plan", [H100, MI300X, MTIA_2I], ids=["H100", "MI300X", "MTIA-2i"])
def test_peaks_of_the_chips_it_was_fitted_to_come_out_within_15_percent(plan: Floorplan) -> None:
    assert peak_tflops(plan) == pytest.approx(plan.peak_tflops, rel=0.15)


@pytest.mark.parametrize(("plan", "error"), [(MI355X, 0.15), (B200, 0.40)], ids=["MI355X", "B200"])
def test_peaks_of_chips_it_has_not_seen_come_out_as_near_as_the_page_says(plan: Floorplan, error: float) -> None:
    assert peak_tflops(plan) == pytest.approx(plan.peak_tflops, rel=error)


@pytest.mark.parametrize(
    ("name", "memory", "gb_per_s", "peak", "ghz", "node", "logic_mm2", "stacks", "rated_w"),
    [
        ("H100", "hbm3e", 3350, 989, 1.83, "n5", 814, 5, 700),
        ("MI300X", "hbm3e", 5300, 1307, 2.1, "n5", 2400, 8, 750),
        ("MI355X", "hbm3e", 8000, 2517, 2.4, "n3", 1780, 8, 1400),
        ("B200", "hbm3e", 8000, 2250, 1.85, "n5", 1600, 8, 1000),
        ("MTIA-2i", "lpddr5x", 205, 177, 1.35, "n5", 420, 4, 85),
    ],
)  # fmt: skip
def test_ratings_of_real_chips_come_out_within_30_percent(
    name: str,
    memory: str,
    gb_per_s: float,
    peak: float,
    ghz: float,
    node: str,
    logic_mm2: float,
    stacks: int,
    rated_w: float,
) -> None:
    """Watts by data sheet: 700, 750, 1,400, 1,000 W; MTIA 2i 85 W (ISCA'25)."""
    technology, rules = MARKET.technology, MARKET.rules
    energy = technology.nodes[node].energy_factor.value * float(voltage_squared(np.array(ghz), MARKET))
    links = {"H100": 450, "MI300X": 448, "MI355X": 535, "B200": 900, "MTIA-2i": 32}[name]
    drawn = (
        peak * rules.flop_pj.value * energy
        + 8e-3
        * gb_per_s
        * (technology.memories[memory].energy_pj_per_bit.value + 2 * MARKET.of("energy_sram_large_shared_5nm"))
        + 16e-3 * links * MARKET.of("energy_serdes_112g_lr")
        + logic_mm2 * technology.nodes[node].idle_w_per_mm2.value
        + stacks * technology.memories[memory].idle_w.value
    )
    assert drawn * rules.simultaneity.value == pytest.approx(rated_w, rel=0.30)


def test_blocks_add_up_to_the_dies() -> None:
    genome = decode(np.random.default_rng(1).random((50, len(genes(MARKET.technology)))), MARKET.technology)
    made = build(genome, MARKET)
    assert np.allclose(made.area.total, made.die_mm2 * genome.chiplets)
    assert (np.stack(made.area) >= 0).all()
    assert (np.stack(made.watts) >= 0).all()


def test_programmable_area_is_taken_from_the_matrix_units() -> None:
    little, much = build(chip(programmable=0.1), MARKET), build(chip(programmable=0.5), MARKET)
    assert much.peaks.bf16[0] < little.peaks.bf16[0]
    assert much.peaks.vector[0] > little.peaks.vector[0]
    assert area(chip(programmable=0.1), MARKET).total == pytest.approx(area(chip(programmable=0.5), MARKET).total)


def test_a_faster_clock_costs_more_energy_for_each_operation() -> None:
    slow, fast = build(chip(frequency_ghz=1.2), MARKET), build(chip(frequency_ghz=2.2), MARKET)
    per_flop = [float(x.watts.matrix[0] / x.peaks.bf16[0]) for x in (slow, fast)]
    assert per_flop[1] > per_flop[0] * 1.2


def test_a_newer_node_does_more_in_the_same_area_for_fewer_watts() -> None:
    old, new = build(chip(node="n5"), MARKET), build(chip(node="n3"), MARKET)
    assert new.peaks.bf16[0] > old.peaks.bf16[0] * 1.5
    assert new.watts.matrix[0] / new.peaks.bf16[0] < old.watts.matrix[0] / old.peaks.bf16[0]


def test_little_sram_keeps_less_of_the_peak_and_never_more_than_all() -> None:
    kept = reuse(np.array([1.0, 8.0, 50.0, 500.0]), np.full(4, 295.0), MARKET)
    assert (np.diff(kept) >= 0).all()
    assert kept[0] < 0.6
    assert kept[2:] == pytest.approx(1.0)


def test_a_population_is_its_designs_one_by_one() -> None:
    both = build(together(chip(), chip(memory="lpddr5x", stacks=12, chiplets=1)), MARKET)
    alone = build(chip(memory="lpddr5x", stacks=12, chiplets=1), MARKET)
    assert both.chips.max_w[1] == pytest.approx(alone.chips.max_w[0])
    assert both.memory_gb[1] == 12 * 32
