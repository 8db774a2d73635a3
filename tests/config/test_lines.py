"""The line index agrees with `tomllib` on which keys there are, and with the text on where they stand."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from baseload.config import built_in
from baseload.config.lines import index, nearest_line

TRICKY = '''\
# a comment with [a.table] and key = "value"
top = 1
"quoted key" . sub = 'x = 1'   # dotted and quoted
text = """
[not.a.table]
fake = 1 # no
""\\"inner"""""
raw = \'\'\'
also = "no"'\'\'\'\'
numbers = [
  1,  # one
  { a = 2, "b" = [3,
      4] },
]
when = 1979-05-27 07:32:00
inline = { x.y = 1, z = "}" }

[a.b]
c = "]"
[[part]]
w = 1
[part.deep]
k = 2
[[part]]
w = 3
[[part.leaf]]
n = 1
[[part.leaf]]
n = 2
'''


def paths(tree: Any, at: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {at} if at else set()
    if isinstance(tree, dict):
        for key, value in tree.items():
            found |= paths(value, (*at, key))
    elif isinstance(tree, list):
        for place, value in enumerate(tree):
            found |= paths(value, (*at, place))
    return found


def keys_and_tables(text: str) -> set[tuple[str | int, ...]]:
    return paths(tomllib.loads(text))


def test_every_key_of_a_tricky_text_has_its_line() -> None:
    lines = index(TRICKY)
    assert keys_and_tables(TRICKY) - {("a",)} <= set(lines)  # [a] is only implied by [a.b]
    assert lines[("top",)] == 2
    assert lines[("quoted key", "sub")] == 3
    assert lines[("text",)] == 4
    assert lines[("raw",)] == 8
    assert lines[("numbers", 0)] == 11
    assert lines[("numbers", 1, "b", 1)] == 13
    assert lines[("inline", "x", "y")] == 16
    assert lines[("a", "b", "c")] == 19
    assert lines[("part", 0, "deep", "k")] == 23
    assert lines[("part", 1, "w")] == 25
    assert lines[("part", 1, "leaf", 1, "n")] == 29
    assert ("not", "a", "table") not in lines
    assert ("fake",) not in lines


def test_windows_line_ends_do_not_shift_lines() -> None:
    assert index("a = 1\r\n# c\r\nb = [\r\n 1,\r\n 2]\r\nc = 3\r\n")[("c",)] == 6


def test_a_missing_key_is_placed_at_its_table() -> None:
    lines = index("x = 1\n[a.b]\nc = 1\n")
    assert nearest_line(lines, ("a", "b", "gone")) == 2
    assert nearest_line(lines, ("nowhere",)) == 1


def test_the_built_in_description_is_indexed_whole() -> None:
    tree, lines = tomllib.loads(built_in()), index(built_in())
    named = {
        path for path in paths(tree) if len(path) > 2 or (len(path) == 1 and not isinstance(tree[str(path[0])], dict))
    }
    assert named <= set(lines)


KEY = st.text(alphabet="abcxyz-_09", min_size=1, max_size=6)
SCALAR = st.sampled_from(["1", '"a"', "'b # c'", "true", "1.5", '"""x\ny"""', "'''\n[t]\n'''", "1979-05-27"])
VALUE = st.one_of(
    SCALAR,
    st.lists(SCALAR, max_size=3).map(lambda items: "[ " + " ,\n # note\n ".join(items) + " ]"),
    st.dictionaries(KEY, st.sampled_from(["1", '"}"', "[1, 2]"]), max_size=3).map(
        lambda pairs: "{ " + ", ".join(f"{k} = {v}" for k, v in pairs.items()) + " }"
    ),
)


@given(st.dictionaries(KEY, st.dictionaries(KEY, VALUE, max_size=4), max_size=4), st.booleans())
def test_written_lines_are_found_again(tables: dict[str, dict[str, str]], arrays: bool) -> None:
    text, expected = "", {}
    for table, pairs in tables.items():
        path: tuple[str | int, ...] = (table, 0) if arrays else (table,)
        text += "\n# a comment\n"
        expected[path] = text.count("\n") + 1
        text += f"[[{table}]]\n" if arrays else f"  [ {table} ]  # here\n"
        for key, value in pairs.items():
            expected[(*path, key)] = text.count("\n") + 1
            text += f"{key} = {value} # end\n"
    lines = index(text)
    assert {path: lines.get(path) for path in expected} == expected
    assert keys_and_tables(text) <= set(lines)
