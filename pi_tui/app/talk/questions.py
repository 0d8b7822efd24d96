"""Questions that lie on top of the run, one after the other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from textual.screen import Screen

from pi_tui.app.face import Face

Answer = TypeVar("Answer")


class Questions:
    """Show questions, and know whether the next one is about to come."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self.is_expected = False
        """A conversation is under way and no question of it is on the screen."""
        self._open: list[Screen[Any]] = []

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Begin a conversation; keys typed before its first question, or between two, wait."""
        self.is_expected = True
        self._face.run_worker(self._conversation(steps), group="dialog")

    async def _conversation(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        finally:
            self.is_expected = False

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question until it is answered; return the answer."""
        self._face.clear_notifications()  # in a small window they would cover it
        answered = self._face.push_screen(question, wait_for_dismiss=True)
        self._open, self.is_expected = [*self._open, question], False
        answer: Answer | None = await answered
        return answer

    def note_popped(self, screen: Screen[Any]) -> None:
        """Note that `screen` closes; keys then wait for the next action of the code that asked."""
        if screen in self._open:
            self._open = [one for one in self._open if one is not screen]
            self.is_expected = True
