"""Which chips are relatives: the vendors' own names of architectures. Kernels written for one run on its relatives."""

GENERATIONS = {
    "A100": "Ampere",
    "A30": "Ampere",
    "H100": "Hopper",
    "H200": "Hopper",
    "GH200": "Hopper",
    "B200": "Blackwell",
    "B300": "Blackwell",
    "GB200": "Blackwell",
    "GB300": "Blackwell",
    "L4": "Ada",
    "L40S": "Ada",
    "RTX-4090": "Ada",
    "RTX-PRO": "Blackwell workstation",
    "MI210": "CDNA 2",
    "MI250X": "CDNA 2",
    "MI300X": "CDNA 3",
    "MI325X": "CDNA 3",
    "MI350X": "CDNA 4",
    "MI355X": "CDNA 4",
    "Arc-Pro": "Xe 2",
}
"""By the beginning of a catalogue id, the longest that fits."""


def generation(chip_id: str) -> str:
    """The architecture of a chip; one that is not listed is its own."""
    fitting = [start for start in GENERATIONS if chip_id.startswith(start)]
    return GENERATIONS[max(fitting, key=len)] if fitting else chip_id
