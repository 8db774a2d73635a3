"""A worker that times its engine and ends: `python -m baseload.fleet.worker.probe --spec FILE --out FILE`.

It drives the core step by step, as the batcher does, without HTTP, tokeniser or text in the way.
"""

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

import msgspec

from baseload.errors import SetupError
from baseload.fleet.child import HOPELESS
from baseload.fleet.probe import DECODE_CONTEXT, PROMPT_TOKENS, STREAMS, Probed
from baseload.fleet.worker.cores import Core, load
from baseload.fleet.worker.job import Sampling
from baseload.fleet.worker.spec import WorkerSpec, read_spec

GREEDY = Sampling(temperature=0.0, ignore_eos=True)
ROUNDS = 6
STEPS = 24
"""Decoding steps that are timed in a round."""
FIRST_ID, LAST_ID = 100, 10_000
"""Ordinary tokens of any vocabulary; no two prompts begin alike, so that no cache helps."""

log = logging.getLogger("baseload.probe")


def main() -> int:
    """Measure and write the result whole."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="baseload.fleet.worker.probe", description="Time one engine.")
    parser.add_argument("--spec", type=Path, required=True, help="JSON file that describes the replica")
    parser.add_argument("--out", type=Path, required=True, help="where the result is written")
    options = parser.parse_args()
    try:
        probed = measure(read_spec(options.spec))
    except SetupError as e:
        log.error("%s", e)
        return HOPELESS
    except ModuleNotFoundError as e:
        log.error("the engine is not installed (%s); run: pip install 'baseload[openvino]'", e.name)
        return HOPELESS
    options.out.write_bytes(msgspec.json.encode(probed))
    return 0


def measure(spec: WorkerSpec) -> Probed:
    """The fastest rates of the engine of a spec over a few rounds; for OpenVINO also what its matrix kernels reach."""
    rates: dict[str, float] = {}
    skipped: dict[str, str] = {}
    if spec.engine == "openvino":
        from baseload.fleet.worker.cores.matmul import rates as matmul_rates

        log.info("matrix throughput of the engine's kernels")
        rates, skipped = matmul_rates()
    log.info("loading %s", spec.model)
    core, _ = load(spec)
    log.info("prefill of %d tokens", PROMPT_TOKENS)
    prefill = max(asyncio.run(_prefill(core, n)) for n in range(ROUNDS))
    decode = {}
    for streams in STREAMS:
        log.info("decode, %d sequence%s", streams, "s" if streams > 1 else "")
        decode[streams] = max(asyncio.run(_decode(core, streams, n)) for n in range(ROUNDS))
    return Probed(prefill_tokens_per_s=prefill, decode_tokens_per_s=decode, operations_per_s=rates, skipped=skipped)


def _prompt(tokens: int, number: int) -> list[int]:
    span = LAST_ID - FIRST_ID
    return [FIRST_ID + (7919 * number + 31 * at + 17 * number * at) % span for at in range(tokens)]


async def _prefill(core: Core, number: int) -> float:
    """Tokens per second of one prompt alone, up to its first token."""
    began = time.perf_counter()
    core.add(1, _prompt(PROMPT_TOKENS, number + 1), 1, GREEDY)
    while core.busy:
        await core.step()
    return PROMPT_TOKENS / (time.perf_counter() - began)


async def _decode(core: Core, streams: int, number: int) -> float:
    """Tokens per second of so many sequences together, counted while all of them decode."""
    prompt = DECODE_CONTEXT - STEPS // 2
    for key in range(1, streams + 1):
        core.add(key, _prompt(prompt, 100 * streams + 20 * number + key), 2 * STEPS, GREEDY)
    made = dict.fromkeys(range(1, streams + 1), 0)
    began, counted, steps = 0.0, 0, 0
    while steps < STEPS:
        news = await core.step()
        for one in news:
            made[one.key] += len(one.ids)
        if began:
            counted += sum(len(one.ids) for one in news)
            steps += 1
        elif all(made.values()):
            began = time.perf_counter()
    rate = counted / (time.perf_counter() - began)
    for key in made:
        core.cancel(key)
    while core.busy:
        await core.step()
    return rate


if __name__ == "__main__":
    sys.exit(main())
