"""The schema, step by step: numbered SQL files, each applied once, in order, and remembered with its checksum."""

import hashlib
from dataclasses import dataclass
from importlib import resources

import apsw

from baseload.errors import SetupError

TABLE = """CREATE TABLE IF NOT EXISTS migration (
  version    INTEGER PRIMARY KEY,
  name       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  applied_us INTEGER NOT NULL
) STRICT"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of `migrations/`: `0001_ledger.sql` is version 1, name "ledger"."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def shipped() -> tuple[Migration, ...]:
    """The migrations that came with this version of Baseload, in order."""
    files = [f for f in (resources.files("baseload.store") / "migrations").iterdir() if f.name.endswith(".sql")]
    return tuple(
        Migration(version=int(f.name[:4]), name=f.name[5:-4], sql=f.read_text(encoding="utf-8"))
        for f in sorted(files, key=lambda f: f.name)
    )


def migrate(conn: apsw.Connection, now_us: int, migrations: tuple[Migration, ...] | None = None) -> list[Migration]:
    """Bring the database to this version's schema and say what was applied. Each step is one transaction."""
    known = shipped() if migrations is None else migrations
    conn.execute(TABLE)
    done = {int(v): (str(n), str(s)) for v, n, s in conn.execute("SELECT version, name, sha256 FROM migration")}
    _refuse_strangers(done, known)
    applied = []
    for step in known:
        if step.version not in done:
            _apply(conn, step, now_us)
            applied.append(step)
    return applied


def _refuse_strangers(done: dict[int, tuple[str, str]], known: tuple[Migration, ...]) -> None:
    """A database from a newer Baseload, or one whose steps were edited after the fact, is left alone."""
    ours = {m.version: m for m in known}
    for version, (name, digest) in sorted(done.items()):
        if version not in ours:
            raise SetupError(f"the ledger is of a newer Baseload (schema {version} '{name}'); upgrade Baseload")
        if ours[version].sha256 != digest:
            raise SetupError(
                f"schema step {version} '{name}' is not the one this ledger was made with; reinstall Baseload"
            )


def _apply(conn: apsw.Connection, step: Migration, now_us: int) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        conn.execute(step.sql)
        conn.execute(
            "INSERT INTO migration (version, name, sha256, applied_us) VALUES (?, ?, ?, ?)",
            (step.version, step.name, step.sha256, now_us),
        )
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")
