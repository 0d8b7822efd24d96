"""What the parts of the app may ask of the app.

They import this protocol, not the app, because the app imports them.
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
    """The app, as its dialogs, its screens and its ways out know it."""

    worker: AnyWorker
    make_worker: MakeWorker | None
    location: str
    """The database."""
    kind: Kind | None
    """The kind of the runs in the list of runs."""
    naming: Naming
    key_table: KeyTable
    when_open: list[Callable[[], object]]
    """Called once the app runs."""

    def take(self, worker: AnyWorker) -> None:
        """Show the run of this worker from now on."""

    def hurry(self) -> None:
        """Refresh more often for a moment, because a request was made to the worker."""

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Begin a conversation: keys typed before its first question wait."""

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question on top and return its answer."""

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
        """Leave."""

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
        """Ask the terminal to take a text into its clipboard."""

    def clear_notifications(self) -> None:
        """Take all toasts away."""

    def refresh(self, *, layout: bool = ...) -> Any:
        """Draw anew."""

    def call_later(self, callback: Any, *args: Any) -> Any:
        """Call back once messages are processed."""

    def set_timer(self, delay: float, callback: Any) -> Any:
        """Call back after so many seconds."""

    def set_interval(self, interval: float, callback: Any) -> Any:
        """Call back every so many seconds."""

    def bell(self) -> None:
        """Ring the bell."""


def face_of(node: DOMNode) -> Face:
    """Return the app of a screen or widget, as its parts know it."""
    return cast("Face", node.app)


def tell(
    where: Face | App[Any] | Screen[Any],
    text: str,
    *,
    title: str = "",
    wrong: bool = False,
    seconds: float = 6,
) -> None:
    """Show `text` for so many seconds; markup and escape codes in it do nothing."""
    where.notify(
        to_paste(plain(text)),
        title=title,
        severity="error" if wrong else "information",
        timeout=seconds,
        markup=False,
    )
