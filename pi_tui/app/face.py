"""Face: the app as its parts see it.

The parts import this class, not RunApp, because RunApp imports the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual.app import App
from textual.screen import Screen

from pi_tui.reports.hints import to_paste
from pi_tui.words import plain

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from pi_tui.app.frames.any_worker import AnyWorker, MakeWorker
    from pi_tui.app.frames.naming import Naming
    from pi_tui.app.keys import KeyTable
    from pi_tui.machine import Kind

Answer = TypeVar("Answer")


class Face(App[int]):
    """A declaration of what dialogs, screens and other parts use of RunApp, beside Textual's own.

    RunApp alone defines these; nothing is done here.
    """

    worker: AnyWorker
    make_worker: MakeWorker | None
    location: str
    """Path or URL of the database."""
    kind: Kind | None
    """The kind of machine; the list of runs shows runs of this kind. None: there is no list."""
    naming: Naming
    key_table: KeyTable
    when_open: list[Callable[[], object]]
    """Functions that are called when the app has started."""

    def take(self, worker: AnyWorker) -> None:
        """Show the run of this worker from now on, in place of the one before."""

    def hurry(self) -> None:
        """Refresh more often for two seconds, because a request was made to the worker."""

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Start a coroutine that asks the user; keys wait for its first question."""

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question on top, wait for the answer and return it; None if the user cancels."""
        raise NotImplementedError


def face_of(node: DOMNode) -> Face:
    """Return the app of a screen or widget, typed as a Face."""
    return cast("Face", node.app)


def tell(
    where: App[Any] | Screen[Any],
    text: str,
    *,
    title: str = "",
    wrong: bool = False,
    seconds: float = 6,
) -> None:
    """Show `text` as a toast for so many seconds; markup and escape codes in it have no effect."""
    where.notify(
        to_paste(plain(text)),
        title=title,
        severity="error" if wrong else "information",
        timeout=seconds,
        markup=False,
    )
