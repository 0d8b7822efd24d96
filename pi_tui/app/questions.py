"""Questions on top of the main screen, asked one after the other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen

Answer = TypeVar("Answer")


class Questions:
    """The conversations of an app with its user; in each the app asks one or more questions."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._conversations = 0
        """The number of conversations that are going on."""
        self._asked: list[Screen[Any]] = []
        """The questions whose answers are awaited."""

    def converse(self, steps: Coroutine[Any, Any, None]) -> None:
        """Start `steps`, a coroutine that asks the user one or more questions.

        Keys typed while no question is shown are kept for the next one, for a second at most.
        """
        self._conversations += 1
        self._app.run_worker(self._conversation(steps), group="dialog")

    async def _conversation(self, steps: Coroutine[Any, Any, None]) -> None:
        try:
            await steps
        finally:
            self._conversations -= 1

    async def ask(self, question: Screen[Answer]) -> Answer | None:
        """Show a question on top, wait for the answer and return it; None if the user cancels.

        Toasts on the screen are removed, because they could cover the question. Raises
        NoActiveWorker (of Textual) outside a worker; `converse` starts one.
        """
        self._app.clear_notifications()  # in a small window, toasts would cover it
        self._asked.append(question)
        try:
            return await self._app.push_screen(question, wait_for_dismiss=True)
        finally:
            self._asked.remove(question)

    @property
    def is_expected(self) -> bool:
        """Return True if a conversation is going on that shows no question now; one may follow."""
        return self._conversations > sum(one in self._app.screen_stack for one in self._asked)
