"""Tell the inputs of a batch apart, by text: other inputs are another run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Set
from itertools import chain
from typing import Any

from pi_tui.worker.crash_report import in_words

_PLAIN = str | bytes | int | float | complex | None
_ADDRESS = re.compile(r"<.* at 0x[0-9A-Fa-f]+")
_OF_ARRAYS = ("__array__", "__dataframe__", "__arrow_c_stream__")
"""What arrays and tables of numpy, pandas, polars, pyarrow and PyTorch have; one of these."""


def text_of(value: object) -> str:
    r"""Return text that another value does not have and that is the same at the next start.

    That is its `repr`, followed by a digest of every array and table in it. Their `repr` leaves out
    the middle of more than 1,000 numbers, and all but the first eight decimals. Raises TypeError
    for a set, and for an object whose `repr` has its address, which differ at every start.

    >>> text_of(("a", [1, 2.5]))
    "('a', [1, 2.5])"
    >>> text_of([{1}])
    Traceback (most recent call last):
    TypeError: a set has another order at every start; give sorted(…)
    """
    digests = chain.from_iterable(_digests(leaf) for leaf in _leaves(value))
    return "".join([_repr(value), *digests])


def _leaves(value: object) -> Iterator[object]:
    """Yield what a list, tuple or dict contains, at any depth; of another value, itself."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, Mapping | list | tuple):
            yield one
        elif id(one) not in seen:  # it may contain itself
            seen.add(id(one))
            waiting += [*one, *one.values()] if isinstance(one, Mapping) else one


def _digests(leaf: object) -> Iterator[str]:
    """Yield a digest of a leaf that is an array, or of the arrays that are its attributes."""
    if isinstance(leaf, _PLAIN):
        return
    if isinstance(leaf, Set):
        raise TypeError("a set has another order at every start; give sorted(…)")
    if not _is_array(leaf) and _ADDRESS.search(text := _repr(leaf)):
        raise TypeError(f"{text} needs a __repr__ that tells it, without its address")
    attributes = getattr(leaf, "__dict__", {}).values()
    for array in filter(_is_array, [leaf, *chain.from_iterable(map(_leaves, attributes))]):
        yield hashlib.sha256(_bytes_of(array)).hexdigest()


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # an int too long for a str, or code of the user
        raise TypeError(f"it has no repr: {in_words(error)}") from error


def _is_array(value: object) -> bool:
    return any(hasattr(type(value), name) for name in _OF_ARRAYS)


def _bytes_of(array: Any) -> bytes:
    """Return the numbers of a numpy array with their type and shape; of another one, its pickle."""
    if hasattr(array, "tobytes") and not getattr(array.dtype, "hasobject", True):
        return f"{array.dtype} {array.shape} ".encode() + bytes(array.tobytes())
    import pickle

    return pickle.dumps(array, protocol=4)
