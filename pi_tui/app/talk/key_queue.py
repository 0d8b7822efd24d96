"""Keys are obeyed one after the other, each only when the one before has done all it does.

Textual hands a key to the widget that has the focus at once. So of `g762⏎` on a slow line, which
arrives as one piece, all but the g would go to a screen that is about to be covered.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump

from pi_tui.app.talk.questions import Questions

_URGENT = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that wait for nothing."""
_LOST = 1.0
"""Seconds that a key waits at most: for the one before, or for a dialog that is to come."""
_LOOK = 0.02
"""Seconds between looks whether a dialog has come."""

Deliver = Callable[[events.Event], Coroutine[Any, Any, None]]


class KeyQueue:
    """Hold keys back until the one before is done with and something can take the next."""

    def __init__(
        self, app: App[Any], questions: Questions, has_run: Callable[[], bool], deliver: Deliver
    ) -> None:
        """Make an empty queue; `deliver` is Textual's own handling of an event."""
        self._app, self._questions = app, questions
        self._has_run, self._deliver = has_run, deliver
        self._typed: deque[events.Key] = deque()
        self._is_obeying, self._obeying_since = False, 0.0

    @property
    def waiting(self) -> int:
        """Return the number of keys not handled yet."""
        return len(self._typed)

    async def handle(self, event: events.Event) -> None:
        """Queue a key; deliver anything else at once."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await self._deliver(event)
            return
        self._app.app_focus = True
        if event.key in _URGENT:
            await self._deliver(event)
        else:
            self._typed.append(event)
            await self._obey()

    async def _obey(self) -> None:
        """Handle the next key, once the one before is done and a screen can take it."""
        if not self._typed or (self._is_obeying and not _is_late(self._obeying_since)):
            return
        if not self._can_be_typed_into() and not _is_late(self._typed[0].time):
            self._app.set_timer(_LOOK, self._obey)
            return
        self._is_obeying, self._obeying_since = True, self._typed[0].time
        await self._deliver(self._typed.popleft())
        way = (*(self._app.focused or self._app.screen).ancestors_with_self,)
        self._when_done(way * 2)  # the second time behind the messages that the key caused

    def _when_done(self, nodes: tuple[DOMNode, ...]) -> None:
        """Follow a key from the widget up to the app, then obey the next."""
        for at, node in enumerate(nodes):
            if isinstance(node, MessagePump) and node.call_later(self._when_done, nodes[at + 1 :]):
                return
        self._is_obeying = False
        self._app.call_later(self._obey)

    def _can_be_typed_into(self) -> bool:
        top, expected = self._app.screen, self._questions.is_expected
        if len(self._app.screen_stack) <= 1 or expected:
            # Without a run the first question is about to come.
            return not expected and self._has_run()
        return top.is_mounted and bool(top.focused or not top.focus_chain)


def _is_late(since: float) -> bool:
    return time.monotonic() - since > _LOST
