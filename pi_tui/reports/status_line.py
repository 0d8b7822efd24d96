"""A line on stderr that changes: a live bar on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from pi_tui.reports.standard_output import is_terminal, is_tty, logging_to

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

LINE_SECONDS = 5.0
"""Seconds between two lines in a pipe; longer silence would look like a hang."""


class StatusLine:
    """A line that changes, with permanent lines above it.

    It is shown until the stream fails: a full disk or closed terminal stops no computation. If the
    reader of a pipe has gone, the methods raise BrokenPipeError.
    """

    def __init__(self, stream: TextIO, bar: RichProgress | None = None) -> None:
        """Show the line in `bar`, which needs a terminal; without it, print lines to `stream`."""
        self._stream, self._bar = stream, bar
        self._task = bar.add_task("", total=1.0, word="", figures="") if bar else None
        self._last, self._has_failed = time.monotonic(), False

    def tell(self, text: str) -> None:
        """Print a permanent line; if there is a progress bar, print above it."""
        try:
            if self._bar and not self._has_failed:
                self._bar.console.print(text)
            elif not self._has_failed:
                print(text, file=self._stream, flush=True)
        except BrokenPipeError:
            raise
        except (OSError, ValueError):  # ValueError: closed, or it cannot encode the text
            self._has_failed = True

    def show(
        self, figures: str, done: float, *, word: str = "", text: str = "", now: bool = False
    ) -> bool:
        """Update the line; return True if a line was due, which happens only without a bar.

        A terminal shows `word`, a bar of the share `done`, and `figures`. A pipe or file gets a
        line with `text`, or with `figures` if there is no text. This line is due LINE_SECONDS after
        the last one that this method printed, or after the start; if `now` is True, at once.
        """
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, word=word, figures=figures)
        elif now or time.monotonic() - self._last >= LINE_SECONDS:
            self.tell(text or figures)
            self._last = time.monotonic()
            return True
        return False


@contextmanager
def status_line_on(stream: TextIO) -> Iterator[StatusLine]:
    """Yield a StatusLine; on a terminal it has a bar, which is removed after the `with` body."""
    if is_terminal(stream):
        with _live_bar(stream) as bar:
            yield StatusLine(stream, bar)
    else:
        yield StatusLine(stream)


@contextmanager
def _live_bar(stream: TextIO) -> Iterator[RichProgress]:
    """Yield a progress bar, which is on the terminal during the `with` body.

    The task it shows needs two fields: `word`, the text before the bar, and `figures`, behind it.
    """
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    class Plain(Console):
        """A console that never hides the cursor: it would stay hidden after SIGKILL or ctrl+z."""

        def show_cursor(self, show: bool = True) -> bool:
            return False

    bar = RichProgress(
        TextColumn("{task.fields[word]:<9}", style="bold", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[figures]}", markup=False),
        console=Plain(file=stream, markup=False, emoji=False),
        transient=True,
        expand=True,
        redirect_stdout=is_tty(sys.stdout),  # prints to a file must reach the file
    )
    try:
        with suppress(OSError, RuntimeError):  # go on without a bar if it gets no thread
            bar.start()
        # Rich has put its own streams in place of those that print and a handler used.
        ours = [(getattr(now, "rich_proxied_file", None), now) for now in (sys.stdout, sys.stderr)]
        with logging_to(ours):
            yield bar
    finally:
        with suppress(OSError):
            bar.stop()
