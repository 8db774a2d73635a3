"""Budget: two hundred streams at once on one balance that pays for half of them, and a kill -9 in the middle.

    python -m benchmarks.budget --json

Every stream asks for the same, so its bound B is one number, and lasts longer than the admissions take. With a balance
of 100 × B exactly 100 of 200 must be admitted: one more is an overshoot, one less a false refusal. The second
phase kills the gateway under the same load: whatever comes of it, billed never exceeds the balance. Exit 3 when not.
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from baseload.gateway.ask import parse_chat
from baseload.units import pico_to_nano
from benchmarks import report
from benchmarks.audit import query
from benchmarks.cloud import Up, cloud
from benchmarks.fakes import TENANTS, fake_description, fake_upstream
from benchmarks.kills import current_gateway
from benchmarks.wire import Answer, Connection

STREAMS = 200
PAID_FOR = 100
TOKENS = 400
INPUT_PICO, OUTPUT_PICO = 10_000, 40_000
TENANT = """
[tenant.budget]
business = "external"
billing = "prepaid"
balance_usd = "{usd}"
"""


def body(chunks: int) -> dict[str, Any]:
    """A stream of some seconds; its limit, and with it its bound, is the same for all."""
    messages = [{"role": "user", "content": f"@fake chunks={chunks:03d} itl_ms=15"}]
    return {"model": "fake-model", "stream": True, "max_tokens": TOKENS, "messages": messages}


def bound_nano() -> int:
    """The most one of them can cost: the gateway's own bound on its input, and all its output, at the book's prices."""
    tokens_in = parse_chat(json.dumps(body(TOKENS)).encode()).input_bound
    return pico_to_nano(tokens_in * INPUT_PICO + TOKENS * OUTPUT_PICO)


async def burst(up: Up, key: str, chunks: int, kill_after_s: float = 0.0) -> Counter[int]:
    """All streams at once; statuses by count. 0 is an answer that was cut."""
    target = up.target(key)
    raw = target.request("POST", "/v1/chat/completions", body(chunks))

    async def one() -> Answer:
        line = Connection(target)
        answer = await line.ask(raw)
        line.close()
        return answer

    asks = [asyncio.create_task(one()) for _ in range(STREAMS)]
    if kill_after_s:
        await asyncio.sleep(kill_after_s)
        os.kill(up.gateway_pid, signal.SIGKILL)
    answers = await asyncio.gather(*asks)
    return Counter(a.status if a.ok or a.status != 200 else 0 for a in answers)


def spent_nano(data: Path) -> int:
    return int(query(data, "SELECT coalesce(sum(amount_nano), 0) FROM usage_event WHERE tenant_id = 'budget'")[0][0])


def phase(*, kill: bool) -> dict[str, Any]:
    """One cloud, one burst, one account."""
    balance = PAID_FOR * bound_nano()
    text = TENANTS + TENANT.format(usd=f"{balance / 1e9:.9f}")
    with tempfile.TemporaryDirectory(prefix="baseload-budget-") as folder, fake_upstream() as fake:
        data = Path(folder) / "data"
        with cloud(fake_description(fake, tenants=text), data=data) as up:
            key = up.admin("/admin/keys", "POST", {"tenant": "budget", "name": "burst"})["key"]
            saw = asyncio.run(burst(up, key, TOKENS, kill_after_s=2.0 if kill else 0.0))
            if kill:
                current_gateway(up, up.gateway_pid)
        spent = spent_nano(data)
        held = int(query(data, "SELECT count(*) FROM hold WHERE state = 'held'")[0][0])
        negative = query(data, "SELECT id FROM account WHERE kind = 'prepaid' AND available_nano < 0")
    faults = [f"{name} is overdrawn" for (name,) in negative]
    if spent > balance:
        faults.append(f"{spent} nano-USD billed on a balance of {balance}")
    if held:
        faults.append(f"{held} holds are open after the stop")
    if not kill and saw != {200: PAID_FOR, 402: STREAMS - PAID_FOR}:
        faults.append(f"{PAID_FOR} streams fit the balance, but the answers were {dict(saw)}")
    return {
        "answers": {str(k): v for k, v in saw.items()},
        "balance_nano": balance,
        "spent_nano": spent,
        "faults": faults,
    }


def run() -> dict[str, Any]:
    calm, killed = phase(kill=False), phase(kill=True)
    faults = [*calm.pop("faults"), *killed.pop("faults")]
    return {"streams": STREAMS, "calm": calm, "killed": killed, "violations": len(faults), "examples": faults}


def main() -> None:
    options = report.options(__doc__).parse_args()
    result = run()  # --quick is the same: it takes seconds
    report.publish(result, as_json=options.json)
    sys.exit(3 if result["violations"] else 0)


if __name__ == "__main__":
    main()
