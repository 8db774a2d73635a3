from hypothesis import given
from hypothesis import strategies as st

from baseload.fleet.worker.text import TextStream

BYTES = [bytes([i]) for i in range(256)]


def read(pieces: list[bytes], stops: tuple[str, ...] = ()) -> tuple[str, bool, list[str]]:
    stream = TextStream(pieces, stops)
    seen = []
    for i in range(len(pieces)):
        text, stopped = stream.feed([i])
        seen.append(text)
        if stopped:
            return "".join(seen), True, seen
    seen.append(stream.finish())
    return "".join(seen), False, seen


@given(st.text(), st.lists(st.integers(1, 5)))
def test_text_comes_out_whole_however_its_bytes_are_cut(text: str, cuts: list[int]) -> None:
    data, pieces = text.encode("utf-8", "replace"), []
    for cut in cuts:
        pieces.append(data[:cut])
        data = data[cut:]
    out, stopped, seen = read([*pieces, data])
    assert not stopped
    assert out == text.encode("utf-8", "replace").decode()
    assert "\ufffd" not in "".join(seen) or "\ufffd" in text


@given(st.text("ab"), st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=4))
def test_text_ends_before_the_first_stop_string_and_nothing_is_taken_back(text: str, stops: list[str]) -> None:
    out, stopped, _ = read([c.encode() for c in text], tuple(stops))
    at = [i for i in (text.find(s) for s in stops) if i >= 0]
    assert stopped == bool(at)
    if not at:
        assert out == text
    else:
        assert not any(s in out for s in stops)
        assert text.startswith(out)


def test_a_tail_that_could_begin_a_stop_string_waits() -> None:
    _, stopped, seen = read([b"one S", b"TO", b"P two"], ("STOP",))
    assert seen[:2] == ["one ", ""]
    assert stopped


def test_a_held_tail_is_let_out_when_it_was_no_stop_string() -> None:
    assert read([b"one S", b"TO", b"NE"], ("STOP",))[0] == "one STONE"


def test_half_a_character_at_the_end_becomes_a_replacement() -> None:
    assert read([b"ok \xf0\x9f"])[0] == "ok \ufffd"
