"""Identify a batch by its inputs and by the data its function carries.

A batch with other inputs or other data is another run.
"""

from __future__ import annotations

import copyreg
import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from pi_tui.recipes.code import digest_of_code
from pi_tui.worker.crash_report import in_words

_PLAIN = frozenset({type(None), bool, int, float, complex, str, bytes})
_ADDRESS = re.compile(r"\b0x[0-9A-Fa-f]{6,}")
_PROTOCOL = 4
"""Protocol of pickle; with 5, large objects would be returned as buffers."""


def text_of(value: object) -> str:
    """Return a text that tells this value from others, and that is the same at every start.

    For None, a number, text or bytes it is the `repr`. Any other value is split into parts as
    pickle does it, and the parts are hashed, because a `repr` may leave out the middle of an array
    or contain an address. If pickle cannot split it, the text is its `repr` after all. Classes and
    modules count by name only, functions by name and data (see `data_of`). Raises TypeError if the
    value is nested too deeply, or if pickle cannot split it and its `repr` fails, is the default
    one or contains an address. Raises it too for an int so long that Python refuses its `repr`.

    >>> text_of(2.5), text_of([{1, 2}]) == text_of([{2, 1}]), text_of([1]) == text_of((1,))
    ('2.5', True, False)
    """
    try:
        return _text(value, frozenset())
    except RecursionError:
        raise TypeError("it is nested too deeply") from None


def texts_of_data(function: object) -> Iterator[str]:
    """Yield `text_of` each value that a function carries with it (see `data_of`).

    Skip None, and values of which no text can be made, such as locks.
    """
    for value in data_of(function):
        if value is not None:
            with suppress(TypeError):
                yield text_of(value)


def data_of(function: Any) -> Iterator[object]:
    """Yield the data that a function carries.

    These are: the defaults of arguments (None if there are none), and the variables that an inner
    function uses from the function around it; the object and the function of a method; the function
    inside a wrapper such as `functools.cache`; any other callable object itself, such as a
    `partial`. For a lambda a digest of its code is added, because a lambda has no name.
    """
    if inspect.isfunction(function):
        if function.__name__ == "<lambda>":
            yield digest_of_code(function)
        yield from (function.__defaults__, function.__kwdefaults__)
        for cell in function.__closure__ or ():
            with suppress(ValueError):  # it is empty: the variable is not set yet
                yield cell.cell_contents
    elif inspect.ismethod(function):
        yield from (function.__self__, function.__func__)
    elif hasattr(function, "__wrapped__"):  # as functools.cache makes it
        yield function.__wrapped__
    elif not (inspect.isroutine(function) or inspect.isclass(function)):
        yield function  # an object that can be called


def _text(value: object, around: frozenset[int]) -> str:
    """Return a text that tells this value from others, as `text_of` describes it.

    `around` has the `id` of every object that contains the value. If its own `id` is among them,
    the value contains itself, and the text is "around".
    """
    if type(value) in _PLAIN:
        return _repr(value)
    if id(value) in around:
        return "around"
    try:
        label, parts = _apart(value)
        whole = hashlib.sha256(label.encode("utf-8", "surrogatepass"))
        for part in parts:
            whole.update(b"\0" + _text(part, around | {id(value)}).encode("utf-8", "surrogatepass"))
        return whole.hexdigest()
    except TypeError:
        if type(value).__repr__ is object.__repr__ or _ADDRESS.search(text := _repr(value)):
            raise
        return text


def _apart(value: Any) -> tuple[str, Iterable[object]]:
    """Return a label for a value, and its parts.

    The label is the name of its type, of itself (a class, module or function) or of what makes it;
    for an array, dtype and shape. Raises TypeError if pickle cannot split the value or an element
    of a set.
    """
    kind = type(value)
    if kind in (list, tuple):
        return kind.__name__, value
    if kind is dict:
        return "dict", [*value, *value.values()]
    if kind in (set, frozenset):
        return "set", sorted(map(text_of, value))
    if inspect.isclass(value) or inspect.ismodule(value):
        return value.__name__, ()
    if inspect.isfunction(value) or hasattr(value, "__wrapped__"):
        return getattr(value, "__qualname__", type(value).__qualname__), data_of(value)
    if kind.__name__ == "ndarray" and hasattr(value, "tobytes"):
        return f"{value.dtype} {value.shape}", _parts_of_array(value)
    return _reduced(value)


def _parts_of_array(array: Any) -> Iterable[object]:
    """Return the elements of a numpy array of Python objects; of others, a digest of the bytes."""
    if array.dtype.hasobject:
        return list(array.ravel())
    return [hashlib.sha256(array.tobytes()).hexdigest()]


def _reduced(value: Any) -> tuple[str, Iterable[object]]:
    """Split an object into a name and parts with the functions that pickle uses for it.

    Raises TypeError if they fail.
    """
    try:
        reduce = copyreg.dispatch_table.get(type(value))
        reduced = reduce(value) if reduce else value.__reduce_ex__(_PROTOCOL)
    except Exception as error:
        raise TypeError(f"it cannot be told from others: {in_words(error)}") from error
    if isinstance(reduced, str):
        return reduced, ()
    maker, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    name = getattr(maker, "__qualname__", type(maker).__name__)
    return name, [arguments, state, list(items or ()), list(pairs or ())]


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception as error:  # an int too long for a str, or code of the user
        raise TypeError(f"it has no repr: {in_words(error)}") from error
