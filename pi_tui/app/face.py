"""Face: the app as its parts see it.

The parts import this class, not RunApp, because RunApp imports the parts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from textual.app import App
from textual.screen import Screen

from pi_tui.app.questions import Questions
from pi_tui.errors import PiTuiError
from pi_tui.reports.hints import to_paste
from pi_tui.words import plain

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from pi_tui.app.frames.any_worker import AnyWorker, MakeWorker
    from pi_tui.app.frames.naming import Naming
    from pi_tui.app.keys import KeyTable
    from pi_tui.machine import Kind


class Face(App[int]):
    """A declaration of the attributes of RunApp that dialogs, screens and other parts use.

    Textual's own attributes are not repeated here. RunApp and its subclasses set the values.
    """

    worker: AnyWorker
    make_worker: MakeWorker
    location: str
    """Path or URL of the database."""
    kind: Kind
    """The kind of machine; the list of runs shows runs of this kind."""
    naming: Naming
    key_table: KeyTable
    questions: Questions
    hurry: Callable[[], None]
    """Refreshes more often for two seconds, because a request was made to the worker."""
    printed: deque[str]
    """The newest texts that the machine printed; shown after the exit, as the screen hides them."""
    writing: list[str]
    """Names of the files that are being written; an exit does not wait for them."""
    when_open: Callable[[], object]
    """Called when the app has started."""

    open: Callable[[], None]
    """Shows the run for the first time; the main screen calls this once it can show frames."""
    take: Callable[[AnyWorker], None]
    """Starts this worker, and shows its run from now on in place of the previous run."""


def face_of(node: DOMNode) -> Face:
    """Return the app of a screen or widget, typed as a Face."""
    return cast("Face", node.app)


@contextmanager
def telling_errors(where: App[Any] | Screen[Any]) -> Iterator[None]:
    """Show a PiTuiError of the `with` body as a toast, and go on after the body."""
    try:
        yield
    except PiTuiError as error:
        tell(where, str(error), severity="error")


def tell(where: App[Any] | Screen[Any], text: str, seconds: float = 6, **more: Any) -> None:
    """Show `text` as a toast for some seconds; markup and escape codes in it have no effect.

    Commands in backticks in it are changed by `to_paste`. `more` are options of Textual's `notify`:
    title, severity.
    """
    where.notify(to_paste(plain(text)), timeout=seconds, markup=False, **more)
