"""What a worker is told when it starts: one JSON file, read once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from baseload.errors import SetupError


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinSpec:
    """The simulated engine: its speed and the faults a rehearsal asks for. A fault of 0 never happens.

    `decode_tokens_per_s` is the rate of each sequence, as on a real engine whose batch is not yet compute-bound;
    `prefill_tokens_per_s` is shared by all.
    """

    decode_tokens_per_s: float = 100.0
    prefill_tokens_per_s: float = 2000.0
    load_s: float = 0.0
    die_after_tokens: int = 0
    """The process kills itself (SIGKILL) once it has emitted this many tokens."""
    hang_after_tokens: int = 0
    """It stops making progress, but goes on answering, once it has emitted this many."""
    fail_after_tokens: int = 0
    """The engine raises an error once, when it has emitted this many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """One replica. `threads` 0 leaves the number to the engine; `secret` is what every caller must show."""

    replica: str
    model: str
    engine: Literal["openvino", "twin"]
    socket: str
    secret: str
    tally: str
    context_tokens: int = 8192
    slots: int = 16
    threads: int = 0
    prefix_cache: bool = False
    kv_cache_gb: float = 1.0
    temperature: float = 1.0
    top_p: float = 1.0
    model_path: str = ""
    sha256: str = ""
    chunk_tokens: int = 256
    """Most tokens of one step: the longest a newcomer waits for the step before its own."""
    busy_window_s: float = 10.0
    """How long after the last protected request flex work still keeps out of the way."""
    busy_flex: int = 0
    """Flex sequences started while protected work is about; 0 means three eighths of the slots."""
    tally_rows: int = 8192
    twin: TwinSpec = TwinSpec()

    @property
    def flex_when_busy(self) -> int:
        """See `busy_flex`."""
        return self.busy_flex or max(1, self.slots * 3 // 8)


def read_spec(path: Path) -> WorkerSpec:
    """The spec in a file; `SetupError` when it cannot be used."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WorkerSpec)
    except OSError as e:
        raise SetupError(f"the worker's spec {path} cannot be read: {e.strerror}") from e
    except msgspec.MsgspecError as e:
        raise SetupError(f"the worker's spec {path} is not valid: {e}") from e
