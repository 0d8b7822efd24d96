"""Face: the app as its parts see it. It asks questions, and handles keys one after the other.

The parts import this class, not RunApp, because RunApp imports the parts.

Textual delivers a key at once to the focused widget. `g762⏎` may arrive all at once on a slow
line. Then all keys but the `g` would reach the main screen, because the dialog that the `g` opens
is not there yet. So a key waits until the one before has had its whole effect.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

from pi_tui.errors import PiTuiError
from pi_tui.reports.hints import to_paste
from pi_tui.words import plain

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from pi_tui.app.frames.any_worker import AnyWorker, MakeWorker
    from pi_tui.app.frames.naming import Naming
    from pi_tui.app.keys import KeyTable
    from pi_tui.machine import Kind

Answer = TypeVar("Answer")
_URGENT = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that are handled at once, before those that wait."""
_LOST = 1.0
"""Maximum seconds that a key waits for the key before it, or for a dialog that should open."""
_LOOK = 0.02
"""Seconds between two checks whether the dialog has opened."""


class Face(App[int]):
    """An app that asks questions and shows one run; RunApp sets the attributes."""

    worker: AnyWorker
    make_worker: MakeWorker
    location: str
    """Path or URL of the database."""
    kind: Kind
    """The kind of machine; the list of runs shows runs of this kind."""
    naming: Naming
    key_table: KeyTable
    hurry: Callable[[], None]
    """Refreshes more often for two seconds, because a request was made to the worker."""

    def __init__(self) -> None:
        super().__init__()
        self.when_open: Callable[[], object] = lambda: None
        """Called when the app has started."""
        self._conversations = 0
        """The number of conversations that are going on."""
        self._questions: list[Screen[Any]] = []
        """The questions whose answers are awaited."""
        self._typed: deque[events.Key] = deque()
        self._is_obeying, self._obeying_since = False, 0.0

    def open(self) -> None:
        """Show the run for the first time; the main screen calls this once it can show frames."""
        raise NotImplementedError

    def take(self, worker: AnyWorker) -> None:
        """Show the run of this worker from now on, in place of the one before."""
        raise NotImplementedError

    # Questions

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Start a coroutine that asks the user one or more questions; keys wait for the first."""
        self._conversations += 1
        self.run_worker(self._conversation(steps), group="dialog")

    async def _conversation(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        finally:
            self._conversations -= 1

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question on top, wait for the answer and return it; None if the user cancels."""
        self.clear_notifications()  # in a small window, toasts would cover it
        self._questions.append(question)
        try:
            answered = self.push_screen(question, wait_for_dismiss=True)
            answer: Answer | None = await answered
            return answer
        finally:
            self._questions.remove(question)

    @property
    def _is_question_expected(self) -> bool:
        """Return True if a conversation has no question on the screen, and may ask one."""
        return self._conversations > sum(one in self.screen_stack for one in self._questions)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Put a key at the end of the queue; let Textual handle any other event at once."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self.app_focus = True
        if event.key in _URGENT:
            await super().on_event(event)
        else:
            self._typed.append(event)
            await self._obey()

    async def _obey(self) -> None:
        """Deliver the next key, if the one before is done and a screen can take it."""
        if not self._typed or (self._is_obeying and not _is_late(self._obeying_since)):
            return
        if not self._can_be_typed_into() and not _is_late(self._typed[0].time):
            self.set_timer(_LOOK, self._obey)
            return
        self._is_obeying, self._obeying_since = True, self._typed[0].time
        await super().on_event(self._typed.popleft())
        way = (*(self.focused or self.screen).ancestors_with_self,)
        self._when_done(way * 2)  # twice: then after the messages that the key caused

    def _when_done(self, nodes: tuple[DOMNode, ...]) -> None:
        """Wait for the message queues of these nodes in turn, then handle the next key."""
        for at, node in enumerate(nodes):
            if isinstance(node, MessagePump) and node.call_later(self._when_done, nodes[at + 1 :]):
                return
        self._is_obeying = False
        self.call_later(self._obey)

    def _can_be_typed_into(self) -> bool:
        if self._is_question_expected:
            return False
        if len(self.screen_stack) <= 1:  # without a run, the first question will open soon
            return self.worker.snapshot.goal > 0
        return self.screen.is_mounted and bool(self.screen.focused or not self.screen.focus_chain)

    @property
    def waiting(self) -> int:
        """Return the keys and messages not handled yet; called by the thread that reads keys."""
        return len(self._typed) + self.message_queue_size


def _is_late(since: float) -> bool:
    return time.monotonic() - since > _LOST


def face_of(node: DOMNode) -> Face:
    """Return the app of a screen or widget, typed as a Face."""
    return cast("Face", node.app)


@contextmanager
def telling_errors(where: App[Any] | Screen[Any]) -> Iterator[None]:
    """Show an expected error of the `with` body as a toast, and go on after the body."""
    try:
        yield
    except PiTuiError as error:
        tell(where, str(error), severity="error")


def tell(where: App[Any] | Screen[Any], text: str, seconds: float = 6, **more: Any) -> None:
    """Show `text` as a toast for so many seconds; markup and escape codes in it have no effect.

    `more` are options of Textual's `notify`: title, severity.
    """
    where.notify(to_paste(plain(text)), timeout=seconds, markup=False, **more)
