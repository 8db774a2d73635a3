"""The kernel's count of processor time: of the machine in /proc/stat, of one process in /proc/PID/stat (proc(5))."""

from pathlib import Path

MACHINE = Path("/proc/stat")


def machine_ticks(path: Path = MACHINE) -> tuple[int, int]:
    """Busy and all clock ticks since boot, over all processors: user nice system idle iowait irq softirq steal.

    Time stolen by the host was not ours: not busy.
    """
    with path.open(encoding="ascii") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq = ticks[:7]
    return user + nice + system + irq + softirq, sum(ticks)


def process_ticks(pid: int) -> int:
    """User and system ticks of a process (fields 14 and 15) since it began; 0 when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
