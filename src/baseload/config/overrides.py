"""Environment variables and flags that stand above the file: `BASELOAD_GATEWAY__PORT=9000`, `--port 9000`.

Two underscores part the levels; letters that cannot stand in a variable's name become one underscore, so
`BASELOAD_MODEL__SMOLLM2_135M__SLOTS` speaks of `[model.smollm2-135m]`. Variables without `__` are not settings.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from baseload.config.schema import Key
from baseload.config.settings import Origin, Path, Settings, concrete_keys, dotted
from baseload.config.values import BadValueError, from_text
from baseload.errors import Fault

PREFIX = "BASELOAD_"


def variable(path: Path) -> str:
    """The environment variable of a key."""
    return PREFIX + "__".join(re.sub(r"[^A-Z0-9]", "_", part.upper()) for part in path)


def apply_environment(settings: Settings, environment: Mapping[str, str]) -> None:
    """Overrides by `BASELOAD_SECTION__KEY`; one that names nothing is a fault, as a misspelt key is."""
    known: dict[str, tuple[Path, Key]] = {variable(path): (path, key) for path, key in concrete_keys(settings)}
    for name in sorted(environment):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        if name in known:
            path, key = known[name]
            _override(settings, path, key, environment[name], Origin(kind="environment", name=name))
        else:
            near = get_close_matches(name, known, 1, 0.6)
            hint = f"did you mean {near[0]}?" if near else "see: baseload config show"
            settings.faults.append(Fault(file=name, line=0, message=f"names no setting of this description; {hint}"))


def apply_flags(settings: Settings, flags: Mapping[str, str | None]) -> None:
    """Overrides from the command line, by dotted key; None means the flag was not given."""
    known = {dotted(path): (path, key) for path, key in concrete_keys(settings)}
    for name, text in flags.items():
        if text is None:
            continue
        path, key = known[name]
        _override(settings, path, key, text, Origin(kind="flag", name=f"--{path[-1].replace('_', '-')}"))


def _override(settings: Settings, path: Path, key: Key, text: str, origin: Origin) -> None:
    settings.origins[path] = origin
    try:
        settings.values[path] = from_text(key, text)
    except BadValueError as error:
        settings.fault(path, f"{dotted(path)} {error}")


def clashing_names(settings: Settings) -> None:
    """Two ids that one environment variable would name are one id too many."""
    seen: dict[tuple[Path, str], Path] = {}
    for table, section in settings.tables.items():
        if not section.named:
            continue
        mark = (table[:-1], variable(table[-1:]))
        if mark in seen:
            settings.fault(
                table, f"[{dotted(table)}] and [{dotted(seen[mark])}] differ only in case or punctuation; rename one"
            )
        seen.setdefault(mark, table)
