"""Face: the interface of the app for its parts.

The parts import this protocol, not the app, because the app imports the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast

from pi_tui.reports.hints import to_paste
from pi_tui.words import plain

if TYPE_CHECKING:
    from rich.console import Console
    from textual.app import App
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.screen import Screen
    from textual.theme import Theme

    from pi_tui.app.frames.any_worker import AnyWorker, MakeWorker
    from pi_tui.app.frames.naming import Naming
    from pi_tui.app.keys import KeyTable
    from pi_tui.machine import Kind

Answer = TypeVar("Answer")


class Face(Protocol):
    """The interface of the app that its dialogs, screens and other parts use."""

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

    # Textual's own

    driver_class: type[Driver]
    _driver: Driver | None

    @property
    def screen_stack(self) -> Sequence[Screen[Any]]:
        """Return all screens, the top one last."""

    @property
    def screen(self) -> Screen[Any]:
        """Return the top screen."""

    @property
    def console(self) -> Console:
        """Return Rich's console."""

    @property
    def current_theme(self) -> Theme:
        """Return the current theme."""

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Return all themes by name."""

    @property
    def return_code(self) -> int | None:
        """Return the exit code, once there is one."""

    def run(self) -> int | None:
        """Run until the app exits."""

    def exit(self, result: int | None = ..., return_code: int = ..., message: Any = ...) -> None:
        """Exit with this result, exit code and message."""

    def run_worker(self, work: Any, *, group: str = ...) -> Any:
        """Run a coroutine in the background."""

    async def run_action(self, action: str) -> Any:
        """Run an action by its name."""

    def push_screen(self, screen: Any, *, wait_for_dismiss: Any = ...) -> Any:
        """Show a screen on top."""

    def notify(
        self,
        message: str,
        *,
        title: str = ...,
        severity: Literal["information", "warning", "error"] = ...,
        timeout: float | None = ...,
        markup: bool = ...,
    ) -> None:
        """Show a toast."""

    def copy_to_clipboard(self, text: str) -> None:
        """Ask the terminal to put a text into its clipboard."""

    def clear_notifications(self) -> None:
        """Remove all toasts."""

    def refresh(self, *, layout: bool = ...) -> Any:
        """Draw the app again."""

    def call_later(self, callback: Any, *args: Any) -> Any:
        """Call a function after the messages that are queued now."""

    def set_timer(self, delay: float, callback: Any) -> Any:
        """Call a function once, after so many seconds."""

    def set_interval(self, interval: float, callback: Any) -> Any:
        """Call a function again and again, every so many seconds."""

    def bell(self) -> None:
        """Ring the terminal's bell."""


def face_of(node: DOMNode) -> Face:
    """Return the app of a screen or widget, typed as a Face."""
    return cast("Face", node.app)


def tell(
    where: Face | App[Any] | Screen[Any],
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
