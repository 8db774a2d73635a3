"""Compiled code needs no place on disk: without one it is only made anew."""

from collections.abc import Callable
from typing import Any

import numba
import pytest

from baseload.silicon.simulator import compiled

NO_PLACE = "cannot cache function 'double': no locator available for file 'compiled.py'"


def double(x: float) -> float:
    return 2 * x


def unable(message: str) -> Callable[..., Any]:
    """Numba as it is where nothing can be written."""

    def njit(*, cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError(message)
        return plain(**options)

    plain = numba.njit
    return njit


def test_without_a_place_for_it_code_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(numba, "njit", unable(NO_PLACE))
        made = compiled.kept(double)
    assert made(21.0) == 42.0


def test_another_trouble_of_the_compiler_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba, "njit", unable("out of memory"))
    with pytest.raises(RuntimeError, match="out of memory"):
        compiled.kept(double)


def test_the_key_of_what_is_kept_changes_with_any_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("compiled.py", "kv.py"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    before = compiled.fingerprint()
    assert 0 < before == compiled.fingerprint()
    (tmp_path / "kv.py").write_text("another")
    assert compiled.fingerprint() != before
