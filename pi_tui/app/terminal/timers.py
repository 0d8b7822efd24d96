"""One-shot timers that always fire."""

from __future__ import annotations

from textual.timer import Timer


def certain(timer: Timer) -> Timer:
    """Make a one-shot timer fire late where Textual would drop it.

    Textual skips the ticks that are overdue, also the only tick of a one-shot timer. This happens
    if the process is held up between two statements for as long as the timer's delay. A dropped
    timer stops for good what it keeps going: one of 8 ms delivers every new size of the window,
    one of 40 ms looks at the worker again.
    """
    timer._skip = False
    return timer
