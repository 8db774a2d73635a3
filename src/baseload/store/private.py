"""Files that only their owner reads, and that a reader never sees half written."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Replace a file, mode 0600: a reader sees the old content or the new, and a failure leaves the old."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
