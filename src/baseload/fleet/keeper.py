"""One child kept alive: started, asked for its health, waited for, started again after a pause."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Literal

from baseload.errors import EngineError
from baseload.fleet.child import HOPELESS, Backoff, Child, last_words, spawn
from baseload.http1 import Pool

log = logging.getLogger(__name__)

State = Literal["off", "starting", "ready", "waiting", "stopping", "refused"]
"""`waiting` for the pause before the next start; `refused` when it said it can never work as described."""
PROBE_S = 0.25
STEADY_PROBE_S = 2.0
SILENT_S = 60.0
"""A worker that was ready and then says nothing for so long is killed and started anew."""


class Keeper:
    """See the module. `changed` is called when its pid or state is another."""

    def __init__(self, child: Child, leash_fd: int, backoff: Backoff, changed: Callable[[], None]) -> None:
        self.child = child
        self.state: State = "off"
        self.why = ""
        self.starts = 0
        self.progress = 0.0
        self.wanted = False
        self._was_ready = False
        self._leash_fd = leash_fd
        self._backoff = backoff
        self._changed = changed
        self._process: subprocess.Popen[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._nudge = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Keep it running from now on; a refused one gets another chance."""
        self.wanted = True
        self._nudge.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """SIGTERM, patience, SIGKILL; returns when it is gone, or at once wanted again."""
        self.wanted = False
        self._nudge.set()
        if self._process is not None:
            self._become("stopping")
            self._signal(signal.SIGTERM)
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=self.child.stop_s)
            if not done and self._given_up():
                log.warning("%s did not stop within %g s and is killed", self.child.name, self.child.stop_s)
                self._signal(signal.SIGKILL)
                await self._task
        if self._given_up():
            self._become("off")

    async def _keep(self) -> None:
        failures = 0
        while True:
            began = time.monotonic()
            code = await self._live()
            if self._given_up():
                return
            self.why = (last_words(self.child) if code > 0 else "") or _named(code)
            log.warning("%s ended (%s): %s", self.child.name, _named(code), self.why)
            if code == HOPELESS:
                self._become("refused")
                return
            short = not self._was_ready or time.monotonic() - began < self._backoff.steady_s
            failures = failures + 1 if short else 1
            self._become("waiting")
            await self._pause(self._backoff.delay_s(failures))
            if self._given_up():
                return

    def _given_up(self) -> bool:
        """Whether it is no longer to run; that may change during any wait."""
        return not self.wanted

    async def _live(self) -> int:
        """One life, from start to exit code."""
        self._was_ready = False
        try:
            self._process = process = spawn(self.child, self._leash_fd)
        except OSError as e:
            log.error("%s cannot be started: %s", self.child.name, e)
            return 1
        self.starts += 1
        self.progress = 0.0
        self._was_ready = self.child.probe is None
        self._become("starting" if self.child.probe else "ready")
        watching = asyncio.get_running_loop().create_task(self._probe()) if self.child.probe else None
        try:
            return await _exit_code(process)
        finally:
            if watching is not None:
                watching.cancel()
            self._process = None
            self._changed()

    async def _pause(self, seconds: float) -> None:
        self._nudge.clear()
        try:
            await asyncio.wait_for(self._nudge.wait(), seconds)
        except TimeoutError:
            pass

    async def _probe(self) -> None:
        assert self.child.probe is not None
        socket, secret = self.child.probe
        pool = Pool(socket, name=self.child.name, headers=[("authorization", f"Bearer {secret}")])
        heard = time.monotonic()
        try:
            while True:
                try:
                    reply = await pool.fetch("GET", "/health", timeout_s=10.0)
                    heard = time.monotonic()
                    self._healthy(reply.status == 200, reply.body)
                except EngineError:
                    pass
                if self.state == "ready" and time.monotonic() - heard > SILENT_S:
                    log.error("%s has said nothing for %g s and is killed", self.child.name, SILENT_S)
                    self._signal(signal.SIGKILL)
                    return
                await asyncio.sleep(STEADY_PROBE_S if self.state == "ready" else PROBE_S)
        finally:
            pool.close()

    def _healthy(self, ready: bool, body: bytes) -> None:
        self.progress = 1.0 if ready else _progress(body)
        if ready and self.state == "starting":
            self._was_ready = True
            self.why = ""
            self._become("ready")

    def _become(self, state: State) -> None:
        if self.state != state:
            self.state = state
            self._changed()

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


async def _exit_code(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process without a thread: the kernel makes its pid's file readable when it ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    fd = os.pidfd_open(process.pid)
    loop.add_reader(fd, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(fd)
        os.close(fd)
    return process.wait()


def _progress(body: bytes) -> float:
    try:
        return float(json.loads(body).get("progress", 0.0))
    except (ValueError, AttributeError):
        return 0.0


def _named(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
