from typing import Any

import pytest

from baseload.fleet.worker.schema import SchemaFault, compiled

GOOD: list[dict[str, Any]] = [
    {"type": "object"},
    {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False},
    {"type": "array", "items": {"enum": ["x", 1, None]}, "minItems": 1, "maxItems": 3},
    {"$defs": {"n": {"type": "object", "properties": {"next": {"$ref": "#/$defs/n"}}}}, "$ref": "#/$defs/n"},
    {"anyOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]},
]
BAD: list[tuple[Any, str]] = [
    ([], "must be a JSON object"),
    ({"type": "nonsense"}, "type must be one of"),
    ({"type": "string", "pattern": "("}, "'pattern', which is not supported"),
    ({"$ref": "#/nope"}, "must point into this schema"),
    ({"$ref": "#/$defs/nope"}, "which is not there"),
    ({"$ref": "#"}, "refers to itself"),
    ({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}, "refers to itself"),
    ({"properties": 5}, "must be an object"),
    ({"enum": []}, "not empty"),
    ({"required": ["a"]}, "not among its properties"),
    ({"minItems": 5, "maxItems": 2}, "larger than"),
    ({"maxLength": 10**9}, "whole number"),
    ({"description": "x" * 20_000}, "bytes long"),
]


@pytest.mark.parametrize("schema", GOOD)
def test_ordinary_schemas_are_taken(schema: dict[str, Any]) -> None:
    assert compiled(schema).startswith("{")


@pytest.mark.parametrize(("schema", "says"), BAD)
def test_a_schema_the_engine_could_choke_on_is_refused_with_its_reason(schema: Any, says: str) -> None:
    with pytest.raises(SchemaFault, match=says.replace("(", r"\(")):
        compiled(schema)


def test_deep_schemas_are_refused() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(50):
        schema = {"type": "array", "items": schema}
    with pytest.raises(SchemaFault, match="too deep"):
        compiled(schema)
