"""The database: one SQLite file, one writer thread that commits in groups, read-only readers, mapped counts."""

from baseload.store.connection import read_only
from baseload.store.unit import Unit
from baseload.store.writer import Writer

__all__ = ["Unit", "Writer", "read_only"]
