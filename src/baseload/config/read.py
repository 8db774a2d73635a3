"""Reads a `baseload.toml` into a `Description`, or reports everything that is wrong with it at once.

Order of precedence: built-in default, file, environment variable, flag. Nothing is fetched, started or looked up here.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from baseload.config import build
from baseload.config.cloud import Cloud
from baseload.config.lines import index
from baseload.config.overrides import apply_environment, apply_flags, clashing_names
from baseload.config.settings import Origin, Settings, concrete_keys, dotted
from baseload.config.values import written
from baseload.errors import DescriptionError, Fault

BUILT_IN = "onebox.toml"
FILE_NAME = "baseload.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A cloud and, for each dotted key, its value as one would write it and where that came from."""

    cloud: Cloud
    origin: Mapping[str, Origin]
    values: Mapping[str, object]


def find(directory: Path) -> Path | None:
    """The `baseload.toml` of a directory, if there is one."""
    path = directory / FILE_NAME
    return path if path.is_file() else None


def read(
    path: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str | None] | None = None,
) -> Description:
    """Read a description; without a path the built-in one-box cloud. Raises `DescriptionError` with all faults."""
    if path is None:
        return read_text(built_in(), BUILT_IN, built_in=True, environment=environment, flags=flags)
    return read_text(_load(path), str(path), environment=environment, flags=flags)


def built_in() -> str:
    """The text of the built-in one-box cloud, to start from: `baseload config init` writes it out."""
    return files("baseload.config").joinpath(BUILT_IN).read_text(encoding="utf-8")


def read_text(
    text: str,
    file: str,
    *,
    built_in: bool = False,
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str | None] | None = None,
) -> Description:
    """Read a description from its text; `file` is what faults and origins call it."""
    settings = Settings(file=file, built_in=built_in, lines={})
    tree = _parse(text, file)
    settings.lines = {tuple(map(str, path)): line for path, line in index(text).items()}
    settings.take(tree)
    settings.fill_defaults()
    clashing_names(settings)
    apply_environment(settings, os.environ if environment is None else environment)
    apply_flags(settings, flags or {})
    build.check(settings)
    if settings.faults:
        raise DescriptionError(sorted(settings.faults, key=lambda fault: (fault.file != file, fault.line)))
    return Description(
        cloud=build.cloud(settings),
        origin={dotted(path): origin for path, origin in settings.origins.items()},
        values={dotted(path): written(key, settings.values[path]) for path, key in concrete_keys(settings)},
    )


def _load(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        fault = Fault(file=str(path), line=0, message=f"is not UTF-8 text (byte {error.start}); save it as UTF-8")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        fault = Fault(
            file=str(path), line=0, message=f"cannot be read: {reason}; `baseload config init` writes one to start from"
        )
    raise DescriptionError([fault])


def _parse(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DescriptionError([syntax_fault(text, file, error)]) from error


def syntax_fault(text: str, file: str, error: Exception) -> Fault:
    """What `tomllib` says, with the line it says it of."""
    message = str(error)
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
    line = 0
    if place:
        line = int(place[1]) if place[1] else max(1, len(text.rstrip("\n").split("\n")))
        message = message[: place.start()]
    return Fault(file=file, line=line, message=f"is not TOML: {message[:1].lower()}{message[1:]}")
