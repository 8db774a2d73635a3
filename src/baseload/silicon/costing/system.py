"""Board, host, network card and rack around a chip, as a share per chip. USD."""

import numpy as np

from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.memory import memory_usd

RACK_CHIPS = 72


def board_usd(design: Design, pick: Pick) -> Array:
    """The board that the chip's seller makes: baseboard and switches; in an NVL72 half a host processor too."""
    return np.asarray(pick(f"board_{design.server}"))


def host_usd(design: Design, pick: Pick) -> Array:
    """Host processors, memory at its price of the day, storage, chassis and network cards, per chip.

    An NVL72 has its hosts on the board. A server of cards has one network card, others one for each chip.
    """
    box = np.asarray(pick("server_storage")) + pick("server_chassis")
    nic = np.asarray(pick("server_nic_per_accelerator"))
    if design.server == "nvl72":
        return np.asarray(box / design.chips_per_server + nic + np.asarray(pick("rack_cooling_nvl72")) / RACK_CHIPS)
    box = box + pick("server_cpu") + memory_usd("ddr5", pick("server_dram_gb"), pick)
    if design.server == "card":
        return np.asarray((box + nic) / design.chips_per_server)
    return np.asarray(box / design.chips_per_server + nic)


def server_usd(design: Design, margin: Number, pick: Pick) -> Array:
    """The share of a server that a chip's buyer pays beside the chip: the seller takes the same margin on his board."""
    return np.asarray(board_usd(design, pick) / (1.0 - np.asarray(margin)) + host_usd(design, pick))


def server_build_usd(design: Design, made_usd: Number, pick: Pick) -> Array:
    """What a whole server costs to build, nobody's margin in it."""
    return np.asarray((made_usd + board_usd(design, pick) + host_usd(design, pick)) * design.chips_per_server)
