"""Files that commands write for a person: all of it or nothing."""

from pathlib import Path

from baseload.errors import SetupError


def write_whole(path: Path, text: str) -> None:
    """A reader never meets half a file, and a full disk leaves the old one."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except (FileNotFoundError, NotADirectoryError) as e:
        raise SetupError(f"there is no directory {path.parent}; make it, or give another name") from e
    finally:
        if path.parent.is_dir():
            part.unlink(missing_ok=True)
