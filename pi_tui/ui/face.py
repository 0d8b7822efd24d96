"""What the parts of the face may ask of the app; whoever needs the app imports this, not the app.

Keys are obeyed one after the other, each only when the one before has done all it does. Textual
hands a key to the widget that has the focus at once, so of `g762⏎` on a slow line, which comes as
one piece, all but the g would go to a screen that is about to be covered.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from rich.text import Text
from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.timer import Timer, TimerCallback

from pi_tui.reports.hints import to_paste
from pi_tui.ui.timers import certain
from pi_tui.ui.worker_protocol import AnyWorker, MakeWorker
from pi_tui.words import plain
from pi_tui.worker import crash_report as crash

Answer = TypeVar("Answer")
_URGENT = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that wait for nothing."""
_LOST = 1.0
"""Seconds that a key waits at most: for the one before, or for a dialog that is to come."""
_LOOK = 0.02
"""Seconds between looks whether a dialog has come."""


class Face(App[int]):
    """The app, as its dialogs, its screens and its ways out know it."""

    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-tiny"),
        (8, "-low"),
        (18, "-high"),
    ]
    """Of all that lies on top; the screen of the run has its own."""
    worker: AnyWorker
    make_worker: MakeWorker | None
    location: str
    """The database, for what looks at other runs."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key] = deque()
        self._is_obeying, self._obeying_since = False, 0.0
        self._expects_question = False
        self._asked: list[Screen[Any]] = []
        self.when_open: list[Callable[[], None]] = []
        """Called once the app runs."""

    def set_timer(
        self,
        delay: float,
        callback: TimerCallback | None = None,
        *,
        name: str | None = None,
        pause: bool = False,
    ) -> Timer:
        """Call a function after a delay; Textual's own timers of the app are made here too."""
        return certain(super().set_timer(delay, callback, name=name, pause=pause))

    def take(self, worker: AnyWorker) -> None:
        """From now on this worker's run is on the screen."""
        raise NotImplementedError

    def hurry(self) -> None:
        """Look often for a moment: something was asked of the worker."""
        raise NotImplementedError

    # Questions

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Begin a conversation; what is typed before its first question, or between two, waits."""
        self._expects_question = True
        self.run_worker(self._conversation(steps), group="dialog")

    async def _conversation(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        finally:
            self._expects_question = False

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """The answer to a question that lies on top until it is answered."""
        self.clear_notifications()  # in a small window they would cover it
        answered = self.push_screen(question, wait_for_dismiss=True)
        self._asked, self._expects_question = [*self._asked, question], False
        return await answered

    def pop_screen(self) -> AwaitComplete:
        """Once a question is answered, keys wait for what its asker does next."""
        if self.screen in self._asked:
            self._asked = [one for one in self._asked if one is not self.screen]
            self._expects_question = True
        return super().pop_screen()

    # Crashes

    def _handle_exception(self, error: Exception) -> None:
        """Leave with exit code 1 and a traceback, which shows no local variables."""
        self._return_code = 1
        self._exception = self._exception or error  # the first: the others follow from it
        cause = getattr(self._exception, "error", self._exception)  # of Textual's WorkerFailed
        self._exit_renderables[:] = [Text(crash.report(cause))]
        self._close_messages_no_wait()
        self._exception_event.set()

    # Keys

    @property
    def waiting(self) -> int:
        """How many keys and messages are not obeyed yet; asked by the thread that reads keys."""
        return len(self._typed) + self.message_queue_size

    async def on_event(self, event: events.Event) -> None:
        """Keys queue up; all else is as in any app."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.app_focus = True
            if event.key in _URGENT:
                await super().on_event(event)
            else:
                self._typed.append(event)
                await self._obey()
        else:
            await super().on_event(event)

    async def _obey(self) -> None:
        """Obey the next key, once the one before is done with and someone is there to take it."""
        if not self._typed or (self._is_obeying and not self._is_late(self._obeying_since)):
            return
        if not self._can_be_typed_into() and not self._is_late(self._typed[0].time):
            self.set_timer(_LOOK, self._obey)
            return
        self._is_obeying, self._obeying_since = True, self._typed[0].time
        await super().on_event(self._typed.popleft())
        way = (*(self.focused or self.screen).ancestors_with_self,)
        self._when_done(way * 2)  # the second time behind what the key made a widget tell

    def _when_done(self, nodes: tuple[DOMNode, ...]) -> None:
        """A key passes from the widget up to the app: follow it, then obey the next."""
        for at, node in enumerate(nodes):
            if isinstance(node, MessagePump) and node.call_later(self._when_done, nodes[at + 1 :]):
                return
        self._is_obeying = False
        self.call_later(self._obey)

    def _is_late(self, since: float) -> bool:
        return time.monotonic() - since > _LOST

    def _can_be_typed_into(self) -> bool:
        top = self.screen
        if len(self.screen_stack) <= 1 or self._expects_question:
            # Without a run the first question is about to come.
            return not self._expects_question and self.worker.snapshot.goal > 0
        return top.is_mounted and bool(top.focused or not top.focus_chain)

    def watch_app_focus(self, focus: bool) -> None:
        """Whoever types means the field, even if it came while the window had no focus."""
        if focus and self.screen_stack and self.screen.focused is None:
            self.screen.focus_next(self.screen.AUTO_FOCUS or "*")


def tell(
    where: App[Any] | Screen[Any],
    text: str,
    *,
    title: str = "",
    wrong: bool = False,
    seconds: float = 6,
) -> None:
    """Show `text` for so many seconds; nothing in it is obeyed, be it markup or escape codes."""
    where.notify(
        to_paste(plain(text)),
        title=title,
        severity="error" if wrong else "information",
        timeout=seconds,
        markup=False,
    )
