"""Which JSON schemas the grammar compiler is trusted with.

A schema it chokes on breaks the whole engine (see docs/method/engines.md), so only what it is known to handle goes
in, and its size is bounded: compiling happens inside a step, and everybody waits for it.
"""

import re
from collections import OrderedDict
from hashlib import sha256
from typing import Any

import msgspec

MAX_BYTES = 16 * 1024
MAX_DEPTH = 12
MAX_NODES = 400
MAX_REPEAT = 256
REMEMBERED = 4096
TYPES = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
NOTES = frozenset({"title", "description", "default", "examples", "$schema", "$id", "$comment", "deprecated"})
SCHEMAS = frozenset({"items", "additionalProperties"})
LISTS = frozenset({"anyOf", "oneOf", "prefixItems"})
MAPS = frozenset({"properties", "$defs", "definitions"})
COUNTS = frozenset({"minItems", "maxItems", "minLength", "maxLength"})
OTHER = frozenset({"type", "required", "enum", "const", "$ref"})
KNOWN = NOTES | SCHEMAS | LISTS | MAPS | COUNTS | OTHER
_REF = re.compile(r"#(/(\$defs|definitions)/[A-Za-z0-9_.-]+)?")
_SCALAR = (str, int, float, bool, type(None))


class SchemaFault(ValueError):
    """What is wrong with a schema, in one sentence."""


class Proven:
    """Schemas that have run here and broke nothing, by digest; the one unused for longest is forgotten first."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def add(self, schema: str) -> None:
        """It ran."""
        digest = _digest(schema)
        self._known[digest] = None
        self._known.move_to_end(digest)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def __contains__(self, schema: str) -> bool:
        return _digest(schema) in self._known


def _digest(schema: str) -> bytes:
    return sha256(schema.encode()).digest()


def compiled(schema: Any) -> str:
    """The schema as JSON text for the engine, or `SchemaFault`."""
    if not isinstance(schema, dict):
        raise SchemaFault("the schema must be a JSON object")
    text = msgspec.json.encode(schema).decode()
    if len(text) > MAX_BYTES:
        raise SchemaFault(f"the schema is {len(text)} bytes long; at most {MAX_BYTES} are taken")
    walk = _Walk(schema)
    walk.node(schema, "#", 0)
    walk.grounded(schema, ())
    return text


class _Walk:
    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.nodes = 0

    def node(self, schema: Any, at: str, depth: int) -> None:
        """One schema and all below it."""
        if isinstance(schema, bool):
            return
        if not isinstance(schema, dict):
            raise SchemaFault(f"{at} must be a schema, that is an object")
        self.nodes += 1
        if depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise SchemaFault(f"the schema is too deep or too large at {at}")
        for key, value in schema.items():
            self.keyword(schema, key, value, at, depth)

    def grounded(self, schema: Any, above: tuple[int, ...]) -> None:
        """Raise when following references and alternatives alone comes back to where it began: no text is ever made."""
        if not isinstance(schema, dict):
            return
        if id(schema) in above:
            raise SchemaFault("the schema refers to itself without a property or an item in between")
        here = (*above, id(schema))
        if "$ref" in schema:
            self.grounded(self.target(schema["$ref"]), here)
        for key in ("anyOf", "oneOf"):
            for below in schema.get(key, ()):
                self.grounded(below, here)
        if not above:
            for below in self._inner(schema):
                self.grounded(below, ())

    def _inner(self, schema: dict[str, Any]) -> list[Any]:
        inner = [schema[k] for k in SCHEMAS if k in schema]
        for key in LISTS:
            inner += schema.get(key, [])
        for key in MAPS:
            inner += schema.get(key, {}).values()
        return inner

    def target(self, ref: str) -> Any:
        """What a reference points to, or None."""
        place: Any = self.root
        for part in ref.split("/")[1:]:
            place = place.get(part) if isinstance(place, dict) else None
        return place

    def keyword(self, schema: dict[str, Any], key: str, value: Any, at: str, depth: int) -> None:
        """One keyword of one schema."""
        if key not in KNOWN:
            supported = ", ".join(sorted(KNOWN - NOTES))
            raise SchemaFault(f"{at} uses '{key}', which is not supported; supported: {supported}")
        if key in SCHEMAS:
            self.node(value, f"{at}/{key}", depth + 1)
        elif key in LISTS:
            self._list(key, value, at, depth)
        elif key in MAPS:
            if not isinstance(value, dict):
                raise SchemaFault(f"{at}/{key} must be an object")
            for name, below in value.items():
                self.node(below, f"{at}/{key}/{name}", depth + 1)
        elif key in COUNTS:
            self._count(schema, key, value, at)
        elif key in OTHER:
            self._other(schema, key, value, at)

    def _list(self, key: str, value: Any, at: str, depth: int) -> None:
        if not isinstance(value, list) or not value:
            raise SchemaFault(f"{at}/{key} must be a list of schemas, not empty")
        for i, below in enumerate(value):
            self.node(below, f"{at}/{key}/{i}", depth + 1)

    def _count(self, schema: dict[str, Any], key: str, value: Any, at: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_REPEAT:
            raise SchemaFault(f"{at}/{key} must be a whole number from 0 to {MAX_REPEAT}")
        low, high = ("minItems", "maxItems") if key.endswith("Items") else ("minLength", "maxLength")
        if isinstance(schema.get(low), int) and isinstance(schema.get(high), int) and schema[low] > schema[high]:
            raise SchemaFault(f"{at}: {low} is larger than {high}")

    def _other(self, schema: dict[str, Any], key: str, value: Any, at: str) -> None:
        if key == "type":
            types = value if isinstance(value, list) else [value]
            if not types or not all(isinstance(t, str) and t in TYPES for t in types):
                raise SchemaFault(f"{at}/type must be one of {', '.join(sorted(TYPES))}")
        elif key == "required":
            if not isinstance(value, list) or not all(isinstance(n, str) for n in value):
                raise SchemaFault(f"{at}/required must be a list of names")
            absent = sorted(set(value) - set(schema.get("properties") or {}))
            if absent:
                raise SchemaFault(f"{at}/required names '{absent[0]}', which is not among its properties")
        elif key == "enum":
            if not isinstance(value, list) or not value or not all(isinstance(v, _SCALAR) for v in value):
                raise SchemaFault(f"{at}/enum must be a list of plain values, not empty")
        elif key == "const":
            if not isinstance(value, _SCALAR):
                raise SchemaFault(f"{at}/const must be a plain value")
        else:
            self._ref(value, at)

    def _ref(self, value: Any, at: str) -> None:
        if not isinstance(value, str) or not _REF.fullmatch(value):
            raise SchemaFault(f"{at}/$ref must point into this schema, like #/$defs/name")
        if not isinstance(self.target(value), dict):
            raise SchemaFault(f"{at}/$ref points to {value}, which is not there")
