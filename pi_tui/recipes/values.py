"""Encode plain values as the pieces of a state, and decode them, without pickle.

So a hostile file runs no code. All values except arrays form one piece of JSON. Types that JSON
lacks are written as a dict with one key: `{"!bytes": hex}`, `{"!tuple": [...]}`, `{"!int": hex}`
for integers too long for Python's own conversion, `{"!scalar": hex}` for the scalars of numpy, and
`{"!array": number}`. The bytes of an array are pieces of their own, 1 MiB each, so that a save
writes only the parts that changed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pi_tui.errors import BrokenRule
from pi_tui.machine import BadState, Piece, State

if TYPE_CHECKING:
    import numpy

HEADER = "state"
"""Name of the piece with the JSON."""
PART = 2**20
"""Maximum bytes of an array in one piece."""
DEEPEST = 200
"""Maximum depth of lists in lists. Reading deeper ones back would exceed Python's recursion."""
LONG_INT = 2**4096
"""Integers from here on are stored as hex: Python refuses more than 4,300 decimals."""
IMMUTABLE = (type(None), bool, int, float, str, bytes)
"""Immutable types."""
_PLAIN = frozenset(IMMUTABLE)
_TEXT = frozenset({str})
COPIED = 1_000
"""Maximum parts that `small_copy` copies; 25 us in one list, 125 us in many small ones."""
_UNREADABLE = (
    *(ValueError, TypeError, LookupError, RecursionError, OverflowError),
    SyntaxError,  # of numpy, for the dtype "i4,("
)
"""Errors that decoding raises for a state that is no encoding of values."""
_PART_OF_ARRAY = 64
"""Bytes of an array that count as one part: they are copied in the same time."""


class Unstorable(BrokenRule):
    """A value that cannot be stored; the text names the value."""


def pieces_of(values: Mapping[str, object]) -> dict[str, Piece]:
    """Encode the values as pieces; raise Unstorable for a value that cannot be stored.

    The pieces of an array read its bytes later, so it must not change until they are read.

    >>> pieces_of({"start": 1, "seen": (2, b"x")})["state"].read()
    b'{"start":1,"seen":{"!tuple":[2,{"!bytes":"78"}]}}'
    """
    arrays: list[numpy.ndarray[Any, Any]] = []
    plain = {name: _encode(value, name, arrays) for name, value in values.items()}
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False)
    pieces = {HEADER: Piece(text.encode("utf-8", "surrogatepass"))}
    for number, array in enumerate(arrays):
        data = memoryview(array.reshape(-1).view("uint8").data if array.size else b"")
        for part, start in enumerate(range(0, len(data), PART)):
            read = partial(bytes, data[start : start + PART])
            pieces[f"array{number}.{part}"] = Piece(read)
    return pieces


def values_of(state: State) -> dict[str, Any]:
    """Return the values that `pieces_of` encoded as the pieces of `state`.

    Removes the pieces of arrays from `state`. Raises BadState if the pieces are not such an
    encoding, or if they hold numpy values and numpy is not installed.
    """
    try:
        found = json.loads(state[HEADER].decode("utf-8", "surrogatepass"))
        if not isinstance(found, dict):
            raise BadState("its values are no mapping")
        return {name: _decode(value, state) for name, value in found.items()}
    except _UNREADABLE as error:
        raise BadState(f"its values cannot be read ({error})") from error


def is_plain(types: Iterable[type]) -> bool:
    """Return True if all these types are immutable and have no parts."""
    return _PLAIN.issuperset(types)


def small_copy(values: Mapping[str, object]) -> dict[str, Any] | None:
    """Return a copy that shares nothing mutable; None if the values have over 1,000 parts.

    A list, tuple or dict counts as one part more than it has elements, an array as one part and one
    for each 64 bytes. Lists nested too deep to be copied give None too. A copy takes about half the
    time of `pieces_of` at most, and mostly less than a third. Raises Unstorable for a type that
    cannot be stored. Unlike `pieces_of`, does not check the dtype of an array, the depth, or
    whether a key begins with '!'.

    >>> small_copy({"seen": [1, 2], "i": 3}), small_copy({"seen": [0] * 2_000})
    ({'seen': [1, 2], 'i': 3}, None)
    """
    room = [COPIED]
    try:
        return {name: _copy(value, room) for name, value in values.items()}
    except (_TooLarge, RecursionError):
        return None
    except Unstorable:
        pieces_of(values)  # names the value in its message
        raise


class _TooLarge(Exception):
    """Values have too many parts to be copied after every step."""


def _copy(value: Any, room: list[int]) -> Any:
    """Return a copy of the value that shares nothing mutable with it.

    `room[0]` is how many more parts may be copied. It falls by the number of parts of this value.
    Raises _TooLarge if it falls below 0, and Unstorable for a type that cannot be stored.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind in (list, tuple, dict):
        _take(room, len(value) + 1)
        is_text = kind is not dict or _TEXT.issuperset(map(type, value))  # the fast answer
        if not is_text and not all(isinstance(key, str) for key in value):
            raise Unstorable("a key that is no text")
        parts = value.values() if kind is dict else value
        if is_plain(map(type, parts)):
            return value if kind is tuple else value.copy()
        if kind is dict:
            return {key: _copy(one, room) for key, one in value.items()}
        return kind([_copy(one, room) for one in value])
    if numpy := sys.modules.get("numpy"):
        if kind is numpy.ndarray:
            _take(room, value.nbytes // _PART_OF_ARRAY + 1)
            return value.copy(order="K")  # in the order of memory as it is
        if isinstance(value, numpy.generic):
            return value
    raise Unstorable(kind.__name__)


def _take(room: list[int], parts: int) -> None:
    room[0] -= parts
    if room[0] < 0:
        raise _TooLarge


def is_immutable(value: object) -> bool:
    """Return True if the value and all its parts are immutable."""
    if type(value) is tuple:
        return all(map(is_immutable, value))
    numpy = sys.modules.get("numpy")
    return type(value) in IMMUTABLE or (numpy is not None and isinstance(value, numpy.generic))


def _encode(value: object, name: str, arrays: list[Any], depth: int = 0) -> object:
    """Return the value in JSON types, and append each numpy array in it to `arrays`.

    `name` is the place of the value, for error messages. Raises Unstorable for a value that cannot
    be stored. Only exact types can: a Counter would come back as a dict, and the resumed function
    would raise, or compute something else.
    """
    kind: type = type(value)
    if depth > DEEPEST:
        name = name.partition("[")[0]
        raise Unstorable(f"{name} contains itself, or is nested more than {DEEPEST} deep")
    match value:
        case bool() | None | str() | float() if kind in IMMUTABLE:
            return value
        case int() if kind is int:
            return value if abs(value) < LONG_INT else {"!int": hex(value)}
        case bytes() if kind is bytes:
            return {"!bytes": value.hex()}
        case list() | tuple() if kind in (list, tuple):
            parts = [_encode(v, f"{name}[{i}]", arrays, depth + 1) for i, v in enumerate(value)]
            return parts if kind is list else {"!tuple": parts}
        case dict() if kind is dict:
            return _encode_dict(value, name, arrays, depth + 1)
    if numpy := sys.modules.get("numpy"):
        if kind is numpy.ndarray:
            return _encode_array(value, name, arrays)
        if isinstance(value, numpy.generic):
            return _encode_scalar(value, name)
    raise Unstorable(
        f"{name} is of type {kind.__name__}; a state holds None, bool, int, float, str, "
        "bytes, list, tuple, dict and numpy arrays and scalars"
    )


def _encode_dict(
    value: dict[Any, Any], name: str, arrays: list[Any], depth: int
) -> dict[str, object]:
    for key in value:
        if not isinstance(key, str) or key.startswith("!"):
            raise Unstorable(
                f"{name} has the key {key!r}; keys of a state are texts that do not begin with '!'"
            )
    return {key: _encode(v, f"{name}[{key!r}]", arrays, depth) for key, v in value.items()}


def _encode_array(array: Any, name: str, arrays: list[Any]) -> dict[str, object]:
    import numpy

    _refuse_records(array.dtype, f"{name} is an array of {array.dtype}")
    # numpy adds numbers in the order of memory, so another order would be another result.
    axes = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
    if array.flags.c_contiguous:  # axes of length 1 may have any stride
        axes = list(range(array.ndim))
    arrays.append(numpy.ascontiguousarray(array.transpose(axes)))
    shape = {"dtype": array.dtype.str, "shape": list(array.shape)}
    return {"!array": len(arrays) - 1, **shape, **({"axes": axes} if axes != sorted(axes) else {})}


def _encode_scalar(scalar: Any, name: str) -> dict[str, object]:
    _refuse_records(scalar.dtype, f"{name} is a scalar of {scalar.dtype}")
    return {"!scalar": scalar.tobytes().hex(), "dtype": scalar.dtype.str}


def _refuse_records(dtype: Any, what: str) -> None:
    if dtype.hasobject or dtype.names:
        raise Unstorable(f"{what}; arrays and scalars of numbers can be stored")


def _decode(value: object, state: State) -> Any:
    match value:
        case list():
            return [_decode(one, state) for one in value]
        case {"!int": str(text)}:
            return int(text, 16)
        case {"!bytes": str(text)}:
            return bytes.fromhex(text)
        case {"!tuple": list(parts)}:
            return tuple(_decode(one, state) for one in parts)
        case {"!array": int(number), "dtype": str(dtype), "shape": list(shape), **more}:
            axes: Any = more.get("axes", range(len(shape)))
            if more.get("order") == "F":  # as it was saved before "axes"
                axes = range(len(shape))[::-1]
            flat = _decode_array(_parts_of(number, state), dtype, [shape[a] for a in axes])
            return flat.transpose([list(axes).index(axis) for axis in range(len(shape))])
        case {"!scalar": str(text), "dtype": str(dtype)}:
            return _decode_array(bytes.fromhex(text), dtype, [])[()]
        case dict():
            return {key: _decode(one, state) for key, one in value.items()}
    return value


def _parts_of(number: int, state: State) -> bytearray:
    data, part = bytearray(), 0
    while (name := f"array{number}.{part}") in state:
        data += state.take(name)
        part += 1
    return data


def _decode_array(data: bytes | bytearray, dtype: str, shape: list[int]) -> Any:
    """Return a numpy array of these bytes; it is writable if `data` is a bytearray.

    Raises BadState without numpy or for an array of objects, ValueError for a wrong count of bytes,
    and what numpy raises for an invalid `dtype`.
    """
    try:
        import numpy
    except ImportError:
        raise BadState("it holds numpy arrays, and numpy is not installed") from None
    kind = numpy.dtype(dtype)
    if kind.hasobject:
        raise BadState("an array of objects")
    if not kind.itemsize:  # an empty text
        return numpy.zeros(shape, kind)
    return numpy.frombuffer(data, kind).reshape(shape)
