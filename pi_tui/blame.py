"""Find out whose code raised an exception: a user's machine or kind, or this package."""

from __future__ import annotations

from types import TracebackType

from pi_tui.machine import Kind, Machine, Task

_OUR_PACKAGE = f"{__name__.partition('.')[0]}."
_LIBRARY = (Machine.__module__, Task.__module__, f"{_OUR_PACKAGE}recipes.")
"""Modules that the user's code calls, and whose machines call functions of the user."""


def frames_of_machine(error: BaseException) -> TracebackType | None:
    """Return the part of the traceback that begins in a user's Machine or Kind; None without one.

    A machine calls this package through `poll`. If the exception was raised in that call, the
    machine is not at fault, so the result is None. The machines in `recipes/` call a function of
    the user, so there the part begins with that function.
    """
    trace, is_called, found = error.__traceback__, False, None
    while trace:
        is_library = _module(trace).startswith(_LIBRARY)
        if not is_library and _module(trace).startswith(_OUR_PACKAGE):
            is_called, found = False, None
        else:
            is_called = is_called or isinstance(_first_argument(trace), (Machine, Kind))
            found = found or (trace if is_called and not is_library else None)
        trace = trace.tb_next
    return found


def _module(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__"))


def _first_argument(trace: TracebackType) -> object:
    names = trace.tb_frame.f_code.co_varnames
    return trace.tb_frame.f_locals.get(names[0]) if names else None
