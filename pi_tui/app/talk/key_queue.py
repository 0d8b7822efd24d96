"""A queue of keys: each is handled only after the previous one has had its whole effect.

Textual delivers a key at once to the focused widget. `g762⏎` may arrive all at once on a slow
line. Then all keys but the `g` would reach the main screen, because the dialog that the `g` opens
is not there yet.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from textual import events
from textual.dom import DOMNode
from textual.message_pump import MessagePump

from pi_tui.app.face import Face

_URGENT = frozenset({"ctrl+c", "ctrl+q"})
"""Keys that are handled at once, before the queue."""
_LOST = 1.0
"""Seconds that a key waits for a dialog that should open, or for the key before it.

The end of the second wait shows only when another key is typed.
"""
_LOOK = 0.02
"""Seconds between two checks whether the dialog has opened."""

Deliver = Callable[[events.Event], Coroutine[Any, Any, None]]


class KeyQueue:
    """Holds back each key until the previous one has had its effect and a screen can take it.

    If the effect of a key has not come within a second, the queue no longer waits for it: as soon
    as another key is typed, the first key in the queue is delivered. If no screen can take keys,
    all keys in the queue together wait a second for such a screen, not a second each.
    """

    def __init__(self, face: Face, deliver: Deliver) -> None:
        """Make an empty queue; `deliver` is Textual's own handling of an event."""
        self._face, self._deliver = face, deliver
        self._typed: deque[events.Key] = deque()
        self._is_obeying, self._obeying_since = False, 0.0
        self._waiting_since: float | None = None

    def __len__(self) -> int:
        """Return the number of keys in the queue."""
        return len(self._typed)

    async def handle(self, event: events.Event) -> None:
        """Queue a typed key; deliver ctrl+c, ctrl+q and any other event at once.

        A key that comes back from a widget that did not use it is delivered at once too. A typed
        key shows that the window has the focus, so set `app_focus`.
        """
        if not isinstance(event, events.Key) or event.is_forwarded:
            await self._deliver(event)
            return
        self._face.app_focus = True
        if event.key in _URGENT:
            await self._deliver(event)
        else:
            if not self._typed:
                self._waiting_since = None
            self._typed.append(event)
            await self._obey()

    async def _obey(self) -> None:
        """Deliver the next key, if the previous one has had its effect and a screen can take it.

        Do not wait for an effect that has not come within a second. If no screen can take the key
        yet, look again soon. After a second, deliver it all the same, and the keys behind it
        without another wait.
        """
        if not self._typed or (self._is_obeying and not _is_late(self._obeying_since)):
            return
        if self._can_be_typed_into():
            self._waiting_since = None
        else:
            self._waiting_since = self._waiting_since or time.monotonic()
            if not _is_late(self._waiting_since):
                self._face.set_timer(_LOOK, self._obey)
                return
        self._is_obeying, self._obeying_since = True, time.monotonic()
        await self._deliver(self._typed.popleft())
        way = (*(self._face.focused or self._face.screen).ancestors_with_self,)
        self._when_done(way * 2)  # twice: then after the messages that the key caused

    def _when_done(self, nodes: tuple[DOMNode, ...]) -> None:
        """Deliver the next key once each of these nodes has handled the messages it has by now.

        The nodes are waited for in turn: each calls this function, for the nodes after it, as the
        last of its messages. A node that takes no more messages is skipped.
        """
        for at, node in enumerate(nodes):
            if isinstance(node, MessagePump) and node.call_later(self._when_done, nodes[at + 1 :]):
                return
        self._is_obeying = False
        self._face.call_later(self._obey)

    def _can_be_typed_into(self) -> bool:
        if self._face.questions.is_expected:
            return False
        if len(self._face.screen_stack) <= 1:  # without a run, the first question will open soon
            return self._face.worker.snapshot.goal > 0
        top = self._face.screen
        return top.is_mounted and bool(top.focused or not top.focus_chain)


def _is_late(since: float) -> bool:
    return time.monotonic() - since > _LOST
