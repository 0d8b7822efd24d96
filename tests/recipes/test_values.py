"""The values of a state are stored as pieces and restored unchanged."""

from __future__ import annotations

import enum
import math
import random
from collections import Counter, OrderedDict, defaultdict, namedtuple
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_tui.machine import BadState, Piece, State
from pi_tui.recipes.values import (
    COPIED,
    DEEPEST,
    PART,
    Unstorable,
    is_immutable,
    pieces_of,
    small_copy,
    values_of,
)

numpy = pytest.importorskip("numpy")

Point = namedtuple("Point", "x y")
Level = enum.IntEnum("Level", "LOW HIGH")

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text().filter(lambda key: key[:1] != "!"), inner, max_size=4)
    ),
    max_leaves=12,
)


def again(**values: Any) -> dict[str, Any]:
    return values_of(State(pieces_of(values)))


@given(PLAIN)
def test_plain_value_is_restored_equal_and_of_its_type(value: object) -> None:
    found = again(value=value)["value"]
    assert (found, repr(found)) == (value, repr(value))


def test_integers_of_more_than_4300_digits_are_restored() -> None:
    assert again(big=3**40_000, negative=-(7**9_000)) == {"big": 3**40_000, "negative": -(7**9_000)}


def test_state_of_a_random_generator_is_restored() -> None:
    chance = random.Random(5)
    chance.gauss(0, 1)
    other = random.Random()
    other.setstate(again(state=chance.getstate())["state"])
    assert other.gauss(0, 1) == chance.gauss(0, 1)
    assert other.random() == chance.random()


def test_infinite_numbers_and_nan_are_restored() -> None:
    found = again(values=[math.inf, -math.inf, math.nan])["values"]
    assert found[:2] == [math.inf, -math.inf]
    assert math.isnan(found[2])


@pytest.mark.parametrize("dtype", ["float64", "int8", "bool", "complex64", "<M8[s]", ">i4", "S3"])
@pytest.mark.parametrize("shape", [(0,), (7,), (3, 5), (2, 0, 4), ()])
def test_array_is_restored_with_dtype_and_shape_and_is_writable(
    dtype: str, shape: tuple[int, ...]
) -> None:
    array = numpy.ones(shape, "int64").astype(dtype)
    found = again(array=array)["array"]
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert numpy.array_equal(found, array)
    assert found.flags.writeable


@pytest.mark.parametrize(
    "scalar",
    [
        numpy.float64(-0.0),
        numpy.float64("nan"),
        numpy.int64(3),
        numpy.bool_(True),
        numpy.str_(""),
        numpy.str_("a\0b"),
        numpy.bytes_(b"a"),
        numpy.complex64(1j),
        numpy.datetime64("2020-01-01"),
    ],
    ids=repr,
)
def test_scalar_of_numpy_is_restored_with_its_type(scalar: Any) -> None:
    found = again(scalar=[scalar])["scalar"][0]
    assert (type(found), found.dtype, repr(found)) == (type(scalar), scalar.dtype, repr(scalar))


@pytest.mark.parametrize(
    "value",
    [
        Counter("ab"),
        defaultdict(int),
        OrderedDict(a=1),
        Point(1, 2),
        Level.LOW,
        numpy.ma.array([1, 2], mask=[0, 1]),
        numpy.array([[1, 2]]).view(numpy.matrix),
    ],
    ids=lambda value: type(value).__name__,
)
def test_value_of_a_subclass_is_refused_as_it_would_come_back_as_another_type(value: Any) -> None:
    with pytest.raises(Unstorable, match=rf"inner\[0\] is of type {type(value).__name__};"):
        pieces_of({"inner": [value]})


def test_strided_view_of_an_array_is_restored() -> None:
    array = numpy.arange(40).reshape(5, 8)[::2, ::-3].T
    assert numpy.array_equal(again(a=array)["a"], array)


def test_changed_array_changes_only_the_pieces_that_hold_the_change() -> None:
    array = numpy.zeros(3 * PART + 10, "uint8")
    before = {name: piece.read() for name, piece in pieces_of({"a": array}).items()}
    array[PART + 5] = 1
    after = {name: piece.read() for name, piece in pieces_of({"a": array}).items()}
    assert [name for name in before if before[name] != after[name]] == ["array0.1"]
    assert sorted(after) == ["array0.0", "array0.1", "array0.2", "array0.3", "state"]


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def holding_itself() -> list[Any]:
    value: list[Any] = []
    value.append({"a": value})
    return value


def test_value_nested_as_deeply_as_allowed_is_restored() -> None:
    assert again(a=nested(DEEPEST)) == {"a": nested(DEEPEST)}


@pytest.mark.parametrize(
    "value",
    [[1, 2], {"a": [1]}, ([1], 2), numpy.arange(4), {"a": {"b": numpy.zeros(2)}}, []],
    ids=str,
)
def test_small_copy_equals_the_value_and_shares_no_mutable_part_with_it(value: Any) -> None:
    copy = small_copy({"a": value, "n": 1})
    assert copy is not None
    assert again(**copy).keys() == {"a", "n"}
    assert repr(copy["a"]) == repr(value)
    assert not ids_of_mutable(copy["a"]) & ids_of_mutable(value)


def ids_of_mutable(value: Any) -> set[int]:
    parts = value.values() if isinstance(value, dict) else value
    inner = [ids_of_mutable(v) for v in parts] if isinstance(value, list | tuple | dict) else []
    return set().union(*inner, [] if is_immutable(value) else [id(value)])


@pytest.mark.parametrize(
    "value",
    [[0] * COPIED, numpy.zeros(10_000), {"a": {str(n): n for n in range(COPIED)}}, nested(900)],
    ids=["list", "array", "dict", "deep list"],
)
def test_small_copy_returns_none_for_a_large_value(value: Any) -> None:
    assert small_copy({"a": value}) is None


def test_small_copy_raises_unstorable_that_names_the_part_that_cannot_be_stored() -> None:
    with pytest.raises(Unstorable, match=r"a\[1\] is of type set"):
        small_copy({"a": [1, {2}]})


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({1: 2}, "inner has the key 1"),
        ({"!int": "x"}, "inner has the key '!int'"),
        ([1, {2}], r"inner\[1\] is of type set"),
        ({"a": [object()]}, r"inner\['a'\]\[0\] is of type object"),
        (random.Random(1), "inner is of type Random"),
        (numpy.array([object()]), "inner is an array of object"),
        (numpy.zeros(1, "i4,f8")[0], "inner is a scalar of"),
        (nested(5_000), "^inner contains itself, or is nested more than 200 deep$"),
        (holding_itself(), "^inner contains itself, or is nested more than 200 deep$"),
    ],
    ids=[
        *("int key", "reserved key", "set", "object", "random", "array of objects", "record"),
        *("5,000 deep", "a list that holds itself"),
    ],
)
def test_error_tells_which_part_of_a_value_cannot_be_stored_and_why(
    value: object, named: str
) -> None:
    with pytest.raises(Unstorable, match=named):
        pieces_of({"inner": value})


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[1]",
        b'{"a":',
        b'{"a":{"!int":"zz"}}',
        b'{"a":{"!bytes":"0"}}',
        b'{"a":{"!array":0,"dtype":"O","shape":[1]}}',
        b'{"a":{"!array":0,"dtype":"f8","shape":[99]}}',
        b'{"a":{"!array":0,"dtype":"no","shape":[1]}}',
        b'{"a":{"!scalar":"00","dtype":"i4,("}}',
        b'{"a":{"!array":0,"dtype":"i4","shape":[1,2],"axes":[1,1]}}',
        b'{"a":{"!array":0,"dtype":"i4","shape":[1,2],"axes":[2,0]}}',
        b"\xff",
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_values_of_raises_bad_state_for_bytes_that_cannot_be_decoded(text: bytes) -> None:
    with pytest.raises(BadState):
        values_of(State({"state": Piece(text), "array0.0": Piece(b"12345678")}))


def test_is_immutable_is_true_only_for_values_without_mutable_parts() -> None:
    assert all(map(is_immutable, (1, 1.5, "a", b"b", None, True, (1, ("x",)))))
    assert not any(map(is_immutable, ([], {}, (1, []), numpy.zeros(2))))


@pytest.mark.parametrize("copied", [lambda values: values, small_copy])
def test_array_keeps_its_memory_order_because_sums_depend_on_it(copied: Any) -> None:
    by_columns = numpy.asfortranarray(numpy.arange(12.0).reshape(3, 4))
    by_rows = numpy.arange(12.0).reshape(3, 4)
    permuted = numpy.random.default_rng(1).random((7, 30, 11)).transpose(1, 0, 2)
    part, row = by_rows[:, ::2], by_rows[0]
    held = {"f": by_columns, "c": by_rows, "part": part, "row": row, "permuted": permuted}
    held = copied(held)
    found = values_of(State(pieces_of(held)))
    assert found["f"].flags.f_contiguous
    assert found["c"].flags.c_contiguous
    assert found["permuted"].strides == held["permuted"].strides
    assert found["permuted"].sum() == permuted.sum()
    for name, array in held.items():
        assert numpy.array_equal(found[name], array)
        assert found[name].flags.writeable


def test_array_by_columns_is_restored_from_a_state_that_names_its_order_and_no_axes() -> None:
    text = b'{"a":{"!array":0,"dtype":"|u1","shape":[2,3],"order":"F"}}'
    found = values_of(State({"state": Piece(text), "array0.0": Piece(b"adbecf")}))["a"]
    assert (found.tobytes(), found.flags.f_contiguous) == (b"abcdef", True)
