"""The one door to the compiler: Numba is imported here and nowhere else."""

from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

from baseload.errors import SetupError
from baseload.silicon import coefficients

try:
    import numba
except ModuleNotFoundError as error:
    raise SetupError("the simulator needs Numba; install it with: pip install 'baseload[silicon]'") from error

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: dict[str, Any] = {
    # Division as NumPy has it. Divisors here are never zero; asking each time costs.
    "error_model": "numpy",
    # No counting of references to arrays, which here are made and dropped by the caller alone: it is atomic, happens in
    # every call of every step, and takes two thirds of the time.
    "_nrt": False,
}


def compiled(function: F) -> F:
    """Machine code, made when it is first called. Its callers take it in whole, so it needs no place on disk."""
    return cast(F, numba.njit(**OPTIONS)(function))


def kept(function: F) -> F:
    """The same, and kept on disk between processes; without a place that can be written, made anew in each.

    Numba looks for a place in this order: `NUMBA_CACHE_DIR`, `__pycache__` beside the source, the user's cache
    directory. With none it refuses to make the function at all, which would turn a slow start into no start.
    """
    try:
        return cast(F, numba.njit(cache=True, **OPTIONS)(function))
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return compiled(function)


def fingerprint() -> int:
    """Of all that is compiled here. Numba looks at the file of a kept function only, not at those it calls into."""
    files = [Path(coefficients.__file__), *sorted(Path(__file__).parent.glob("*.py"))]
    digest = blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=7).digest()
    return int.from_bytes(digest, "big")
