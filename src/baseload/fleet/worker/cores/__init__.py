"""The family of cores: what really computes inside a worker."""

from baseload.fleet.worker.cores.base import Core, Words
from baseload.fleet.worker.spec import WorkerSpec

__all__ = ["Core", "Words", "load"]


def load(spec: WorkerSpec) -> tuple[Core, Words]:
    """The core a spec names, loaded and warm; takes seconds. Heavy imports stay inside the member."""
    if spec.engine == "twin":
        from baseload.fleet.worker.cores.twin import TwinCore, TwinWords

        return TwinCore(spec), TwinWords(spec)
    from baseload.fleet.worker.cores.openvino import OpenVinoCore

    core = OpenVinoCore(spec)
    return core, core.words()
