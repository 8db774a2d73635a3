"""The life of `baseload up`: lock, books, processes, ready, the live line, drain. Nothing is left half done."""

import asyncio
import contextlib
import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import click

from baseload import config
from baseload.cli.books import now_us
from baseload.cli.live import Reading, Screen, line
from baseload.cli.opening import open_books
from baseload.cli.place import SavedKeys
from baseload.cli.processes import GATEWAY, children, prepare_workers
from baseload.cli.ready import Ready, banner, ready, write_ready
from baseload.cli.show import say
from baseload.config.cloud import Cloud
from baseload.console.admin import Admin, Declined, Unreachable
from baseload.console.wire import State
from baseload.errors import SetupError
from baseload.fleet.keeper import Keeper
from baseload.fleet.lock import claim
from baseload.fleet.replica import control_socket, write_roster
from baseload.fleet.supervisor import Supervisor
from baseload.store import read_only
from baseload.store.private import write_private

LAST_RUN_S = 10.0
"""Children of a supervisor that was killed are gone in five seconds."""
TRIES = 4
"""A child that dies so often before the cloud was ever ready will not work today."""
log = logging.getLogger(__name__)
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run(data: Path, described: Cloud, settle: Callable[[Cloud], Cloud], ready_file: Path | None) -> None:
    """From a description to a cloud that has stopped again."""
    lock = claim(data)
    try:
        await _last_run_is_over(data)
        cloud = settle(described)
        keys = open_books(data, cloud)
        write_private(data / "run" / "cloud.json", config.to_json(cloud))
        workers = prepare_workers(data, cloud)
        screen = Screen()
        _log_to(data / "logs" / "supervisor.log", screen)
        supervisor = Supervisor(children(data, cloud, workers), changed=lambda s: write_roster(data, workers, s.pids))
        with _stopped_by_signals(supervisor):
            await _serve(supervisor, data, cloud, keys, screen, ready_file)
    finally:
        os.close(lock)


async def _serve(
    supervisor: Supervisor, data: Path, cloud: Cloud, keys: SavedKeys, screen: Screen, ready_file: Path | None
) -> None:
    log.info("starting %s", ", ".join(supervisor.keepers))
    await supervisor.listen(control_socket(data))
    supervisor.start()
    served = False
    with contextlib.closing(Admin(data)) as admin:
        try:
            state = await _until_ready(supervisor, admin, screen)
            if state is not None:
                facts = ready(cloud, keys, state.pid)
                log.info("serving at %s", facts.base_url)
                _announce(facts, cloud, data, ready_file)
                served = True
                await _watch(supervisor, admin, data, screen)
        finally:
            if ready_file is not None:
                ready_file.unlink(missing_ok=True)
            screen.clear()
            if served:  # a start that failed says why, and only that
                say("stopping: running answers finish and are settled (Ctrl-C again hurries)")
            await supervisor.stop()
    log.info("stopped")
    say("stopped; everything is settled" if served else "stopped before it served")


async def _last_run_is_over(data: Path) -> None:
    """A gateway whose supervisor was killed still settles for a few seconds, and has the ledger and the port."""
    path = data / "ledger.db-lock"
    deadline = time.monotonic() + LAST_RUN_S
    told = False
    while path.exists():
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise SetupError(f"another process writes {data / 'ledger.db'}; stop it, then try again") from None
        if not told:
            say("waiting for the gateway of the last run to settle")
            told = True
        await asyncio.sleep(0.2)


async def _until_ready(supervisor: Supervisor, admin: Admin, screen: Screen) -> State | None:
    """The gateway's state once it serves every model; None when somebody stopped it before."""
    began = time.monotonic()
    while not supervisor.stopping.is_set():
        for name, keeper in supervisor.keepers.items():
            _give_up_on(name, keeper)
        waiting = [(name, k) for name, k in supervisor.keepers.items() if k.state != "ready"]
        state = None if waiting else await _state(admin)
        if state is not None and all(r.state == "ready" for r in state.replicas if r.engine != "external"):
            screen.clear()
            return state
        screen.show(_progress(waiting, time.monotonic() - began), time.monotonic())
        await _pause(supervisor, 0.1)
    return None


def _give_up_on(name: str, keeper: Keeper) -> None:
    """A child that cannot work ends the start, in its own words."""
    if keeper.state == "refused" or (keeper.state == "waiting" and keeper.starts >= TRIES):
        raise SetupError(f"{name} does not start: {keeper.why} (its log: {keeper.child.log})")


def _progress(waiting: list[tuple[str, Keeper]], seconds: float) -> str:
    """Who is still on the way; a worker says how far it is with its model."""
    if not waiting:
        return f"starting the gateway · {seconds:.0f} s"
    parts = [f"loading {name} {k.progress:.0%}" if k.child.probe else f"starting the {name}" for name, k in waiting]
    return f"{', '.join(reversed(parts))} · {seconds:.0f} s"


def _announce(facts: Ready, cloud: Cloud, data: Path, ready_file: Path | None) -> None:
    click.echo(banner(facts, cloud, data, now_us()))
    click.echo()
    sys.stdout.flush()
    if ready_file is not None:
        write_ready(ready_file, facts)


async def _watch(supervisor: Supervisor, admin: Admin, data: Path, screen: Screen) -> None:
    """The live line, each second, until somebody stops the cloud."""
    with contextlib.closing(read_only(data / "ledger.db")) as conn:
        while not supervisor.stopping.is_set():
            state = await _state(admin)
            if state is None:
                screen.show("the gateway is starting again", time.monotonic())
            else:
                screen.show(line(Reading(state=state, earned_usd=_earned_usd(conn))), time.monotonic())
            await _pause(supervisor, 1.0)


async def _state(admin: Admin) -> State | None:
    try:
        return await admin.state()
    except (Unreachable, Declined):
        return None


def _earned_usd(conn: apsw.Connection) -> float:
    """Revenue so far: two rows, however long the books are."""
    row = conn.execute("SELECT coalesce(sum(posted_nano), 0) FROM account WHERE kind = 'revenue'").fetchone()
    return abs(int(row[0])) / 1e9 if row else 0.0


async def _pause(supervisor: Supervisor, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(supervisor.stopping.wait(), seconds)


@contextlib.contextmanager
def _stopped_by_signals(supervisor: Supervisor) -> Iterator[None]:
    """The first asks the cloud to stop; a second asks the gateway to hurry; a third ends what still runs."""
    loop = asyncio.get_running_loop()
    count = 0

    def on_signal() -> None:
        nonlocal count
        count += 1
        supervisor.stopping.set()
        if count > 1:
            pids = [supervisor.pids[GATEWAY]] if count == 2 and GATEWAY in supervisor.pids else supervisor.pids.values()
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if count == 2 else signal.SIGKILL)

    for number in STOPS:
        loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for number in STOPS:
            loop.remove_signal_handler(number)


class _AboveTheLine(logging.Handler):
    """Warnings reach the person without tearing the live line."""

    def __init__(self, screen: Screen) -> None:
        super().__init__(logging.WARNING)
        self.screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        self.screen.clear()
        say(self.format(record))


def _log_to(path: Path, screen: Screen) -> None:
    file = logging.FileHandler(path)
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file, _AboveTheLine(screen)], force=True)
