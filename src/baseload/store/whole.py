"""Files written for a person or for later: all of it or nothing."""

import os
from pathlib import Path

from baseload.errors import SetupError


def write_whole(path: Path, text: str) -> None:
    """A reader never meets half a file, and a failure leaves the old one and nothing beside it. SetupError then."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.write_text(text, encoding="utf-8", newline="")
        aside.replace(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SetupError(f"there is no directory {path.parent}; make it, or give another name") from error
    except OSError as error:
        raise SetupError(f"cannot write {path} ({error}); free disk space or give another name") from error
    finally:
        if path.parent.is_dir():
            aside.unlink(missing_ok=True)
