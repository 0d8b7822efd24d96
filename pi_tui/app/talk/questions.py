"""Questions on top of the main screen, asked one after the other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from textual.screen import Screen

from pi_tui.app.face import Face

Answer = TypeVar("Answer")


class Questions:
    """Shows questions, and knows whether another one is about to open."""

    def __init__(self, face: Face) -> None:
        self._face = face
        self.is_expected = False
        """True if a conversation is going on, and no question of it is on the screen."""
        self._open: list[Screen[Any]] = []

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Start a conversation; keys wait for its first question, and between two questions."""
        self.is_expected = True
        self._face.run_worker(self._conversation(steps), group="dialog")

    async def _conversation(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        finally:
            self.is_expected = False

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question, wait for the answer and return it; None if the user cancels."""
        self._face.clear_notifications()  # in a small window, toasts would cover it
        answered = self._face.push_screen(question, wait_for_dismiss=True)
        self._open, self.is_expected = [*self._open, question], False
        answer: Answer | None = await answered
        return answer

    def note_popped(self, screen: Screen[Any]) -> None:
        """Record that `screen` closed; keys then wait until the code that asked has acted."""
        if screen in self._open:
            self._open = [one for one in self._open if one is not screen]
            self.is_expected = True
