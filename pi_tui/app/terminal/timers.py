"""One-shot timers that always fire, even if late."""

from __future__ import annotations

from textual.timer import Timer


def certain(timer: Timer) -> Timer:
    """Make a one-shot timer fire late where Textual would drop it; return the timer.

    Textual skips overdue ticks, also the only tick of a one-shot timer. This happens if the
    process is delayed between two statements for as long as the timer's delay. Some things stop
    for ever if such a timer is dropped: one of 8 ms delivers every new size of the window, one of
    100 ms polls the worker again.
    """
    timer._skip = False
    return timer
