"""What a key may do: routes by name, models by id. A key never grants more than its maker holds."""

from collections.abc import Iterable

ROUTES = ("chat", "completions", "models", "tokenize")
"""The doors of the tenant's side: chat and text completions, the model list, counting tokens."""
ADMIN = "admin"
"""The operator's door: keys, money and state of everybody."""
TENANT_SCOPES = frozenset(ROUTES)
EVERYTHING = frozenset((*ROUTES, ADMIN))


def check_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes as a set. There is no wildcard, and an unknown name is refused with the known ones."""
    asked = frozenset(scopes)
    unknown = sorted(asked - EVERYTHING)
    if unknown:
        raise ValueError(f"no scope named {', '.join(map(repr, unknown))}; there are: {', '.join((*ROUTES, ADMIN))}")
    if not asked:
        raise ValueError(f"a key needs at least one scope of: {', '.join((*ROUTES, ADMIN))}")
    return asked


Grant = tuple[frozenset[str], frozenset[str]]
"""Scopes and models. No models means every model."""


def within(child: Grant, maker: Grant) -> bool:
    """Whether a child's grant lies inside its maker's."""
    (scopes, models), (makers_scopes, makers_models) = child, maker
    return scopes <= makers_scopes and (not makers_models or (bool(models) and models <= makers_models))
