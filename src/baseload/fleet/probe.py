"""The real speed of an engine, measured in a child process that owns it: prefill, decode, and its matrix kernels."""

import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from baseload.errors import EngineError
from baseload.fleet.worker.spec import WorkerSpec

PROMPT_TOKENS = 1024
"""Of the prompt whose prefill is timed."""
DECODE_CONTEXT = 64
"""Mean tokens of context of a sequence while its decoding is timed."""
STREAMS = (1, 16)
PATIENCE_S = 120.0


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """All per second, the best of a few rounds: what else runs can only make one slower.

    `skipped` says why a precision has no figure.
    """

    prefill_tokens_per_s: float
    decode_tokens_per_s: dict[int, float]
    """By sequences at once, all of them together."""
    operations_per_s: dict[str, float]
    """By precision; one multiply-add is two."""
    skipped: dict[str, str]


def probe(spec: WorkerSpec) -> Probed:
    """Time the engine of a spec; progress goes to stderr. `EngineError` when it cannot be timed."""
    with tempfile.TemporaryDirectory(prefix="baseload-probe-") as folder:
        told, out = Path(folder) / "spec.json", Path(folder) / "probed.json"
        told.write_bytes(msgspec.json.encode(spec))
        argv = [sys.executable, "-m", "baseload.fleet.worker.probe", "--spec", str(told), "--out", str(out)]
        try:
            subprocess.run(argv, check=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            return msgspec.json.decode(out.read_bytes(), type=Probed)
        except subprocess.TimeoutExpired as e:
            raise EngineError(f"the engine {spec.engine} was not timed within {PATIENCE_S:.0f} s") from e
        except subprocess.CalledProcessError as e:
            said = f"its process ended with {e.returncode}, and said why above"
            raise EngineError(f"the engine {spec.engine} could not be timed: {said}") from e
