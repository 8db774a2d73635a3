"""One replica as a process: a model, a batch, exact counts, OpenAI HTTP on a Unix socket with a secret."""

from baseload.fleet.worker.spec import TwinSpec, WorkerSpec

__all__ = ["TwinSpec", "WorkerSpec"]
