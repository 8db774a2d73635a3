"""The one door to the compiler: Numba is imported here and nowhere else."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Machine code, made when it is first called. Its callers take it in whole, so it needs no place on disk."""
    return cast(F, numba.njit(function))


def kept(function: F) -> F:
    """The same, and kept on disk between processes; without a place that can be written, made anew in each.

    Numba looks for a place in this order: `NUMBA_CACHE_DIR`, `__pycache__` beside the source, the user's cache
    directory. With none it refuses to make the function at all, which would turn a slow start into no start.
    """
    try:
        return cast(F, numba.njit(cache=True)(function))
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        return compiled(function)
