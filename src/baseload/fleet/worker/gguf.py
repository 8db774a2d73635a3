"""The head of a GGUF file: its metadata, without its tensors.

The format is https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, version 2 and 3, little-endian.
"""

import struct
from pathlib import Path
from typing import BinaryIO

from baseload.errors import SetupError

Value = int | float | bool | str | list[int] | None
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
LONGEST_STRING = 1 << 24


def metadata(path: Path) -> dict[str, Value]:
    """Keys and values; arrays other than whole numbers are passed over and read as None."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise SetupError(f"{path} is not a GGUF file; name one with path under [model.…]")
            version, _tensors, count = struct.unpack("<IQQ", file.read(20))
            if version not in {2, 3}:
                raise SetupError(f"{path} is GGUF version {version}; versions 2 and 3 can be read")
            return dict(_pair(file) for _ in range(count))
    except OSError as e:
        raise SetupError(f"the model file {path} cannot be read: {e.strerror}") from e
    except (struct.error, UnicodeDecodeError) as e:
        raise SetupError(f"the model file {path} is cut short or damaged: {e}; fetch it again") from e


def _pair(file: BinaryIO) -> tuple[str, Value]:
    key = _string(file)
    (kind,) = struct.unpack("<I", file.read(4))
    return key, _value(file, kind)


def _string(file: BinaryIO) -> str:
    (size,) = struct.unpack("<Q", file.read(8))
    if size > LONGEST_STRING:
        raise struct.error(f"a string of {size} bytes")
    return file.read(size).decode("utf-8", "replace")


def _value(file: BinaryIO, kind: int) -> Value:
    if kind in _SCALARS:
        shape = _SCALARS[kind]
        scalar: int | float | bool = struct.unpack(shape, file.read(struct.calcsize(shape)))[0]
        return scalar
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        return _array(file)
    raise struct.error(f"a value of unknown kind {kind}")


def _array(file: BinaryIO) -> list[int] | None:
    kind, count = struct.unpack("<IQ", file.read(12))
    if kind in {4, 5}:
        size = 4 * count
        data = file.read(size)
        return list(struct.unpack(f"<{count}{_SCALARS[kind][1]}", data))
    if kind in _SCALARS:
        file.seek(count * struct.calcsize(_SCALARS[kind]), 1)
    else:
        for _ in range(count):
            _value(file, kind)
    return None
