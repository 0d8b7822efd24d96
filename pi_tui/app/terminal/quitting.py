"""Quit: pause, which saves; ask the user if that failed; then stop the worker and wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.text import Text

from pi_tui import words
from pi_tui.app.face import Face
from pi_tui.app.frames.naming import Naming
from pi_tui.errors import StorageError
from pi_tui.reports.hints import to_paste
from pi_tui.worker.crash_report import traceback_of
from pi_tui.worker.leave_request import LeaveRequest
from pi_tui.worker.snapshot import Snapshot, State

if TYPE_CHECKING:
    from pi_tui.app.screens.dialogs import Choice

_LOOK = 0.03
_PATIENCE = 0.5
"""Seconds to wait for a thread that stops without saving; after that, exit anyway."""


class Quitting:
    """Saves, then stops the worker: to exit, or so that another run can be opened or deleted.

    However often an exit is requested, it happens once. It does not happen if a save fails and the
    user chooses to stay.
    """

    def __init__(self, app: Face) -> None:
        self._app = app
        self._asked = LeaveRequest()
        self.is_leaving = False
        self._question: Choice | None = None
        self.is_over = False
        self.when_begun: Callable[[], object] = lambda: None
        """Called when an exit begins, which may have to wait for the terminal."""

    def begin(self, signal: int = 0) -> None:
        """Begin to save and exit, and return at once; `signal` requests it, 0 stands for a key.

        If the save fails, the user may choose to stay, but a signal skips questions. A request
        that comes 2 s or more after the first does not wait for the save.
        """
        self._asked.ask(signal)
        if self._question is not None and (signal or self._asked.at_once):
            self._question.dismiss("leave")
        if not self.is_leaving and not self.is_over:
            self.is_leaving = True
            self._app.run_worker(self._leave(), group="quit")
            self.when_begun()

    async def _leave(self) -> None:
        then = "Asked again after a while, it leaves at once; the last checkpoint stands."
        if await self.let_go(then):
            self._exit()
        else:
            self.is_leaving = False
            self._asked.forget()

    async def let_go(self, then: str) -> bool:
        """Save, then stop the worker; return False if a save failed and the user goes on computing.

        After True the thread has ended, except where the end cannot be awaited: the user exits at
        once, or leaves without a save and the thread is slow. `then` is a line to show meanwhile.
        """
        from pi_tui.app.screens.dialogs import SavingScreen

        app = self._app
        saving = SavingScreen(then)
        await app.push_screen(saving)
        app.worker.pause(leaving=True)
        if (before := app.worker.snapshot).state is State.PAUSED and before.goal:
            await self._retry()  # the file may have been deleted during the pause
        while (snapshot := await self._settle()).save_failure is not None:
            if self._asked.at_once or self._asked.signal:
                break
            choice = await self._ask(snapshot)
            if choice == "retry":
                await self._retry()
            elif choice == "leave":
                break
            else:
                await saving.dismiss()
                app.worker.resume()
                app.hurry()
                return False
        await self._stop(save=app.worker.snapshot.save_failure is None and not self._asked.at_once)
        while saving in app.screen_stack:  # the palette may be open on top of it
            await app.pop_screen()
        return True

    async def _settle(self) -> Snapshot:
        """Wait until nothing is computed, a save failed, or the user exits at once.

        Returns the snapshot of that moment.
        """
        while True:
            snapshot = self._app.worker.snapshot
            failed = snapshot.save_failure is not None and snapshot.state is not State.SAVING
            if snapshot.state.is_at_rest or failed or self._asked.at_once:
                return snapshot
            await asyncio.sleep(_LOOK)

    async def _retry(self) -> None:
        """Request another save; wait for a new snapshot.

        Stop waiting if the worker's thread has ended, or if the user exits at once.
        """
        worker = self._app.worker
        before = worker.snapshot
        worker.save_now()
        while worker.snapshot is before and not (self._asked.at_once or worker.join(0)):
            await asyncio.sleep(_LOOK)

    async def _ask(self, snapshot: Snapshot) -> str | None:
        from pi_tui.app.screens.dialogs import Choice

        assert snapshot.save_failure is not None
        is_gone = snapshot.save_failure.is_gone and not snapshot.lost
        lost = snapshot.lost or ("what was saved" if is_gone else "part of a step")
        self._question = Choice(
            "What was saved is gone" if is_gone else f"The last {lost} cannot be saved",
            to_paste(words.plain(snapshot.save_failure.reason)),
            {"retry": "Try again", "leave": f"Leave, losing {lost}", "stay": "Go on computing"},
        )
        try:
            return await self._app.questions.ask(self._question)
        finally:
            self._question = None

    async def _stop(self, *, save: bool) -> None:
        """Request the end of the thread, and wait for it.

        With `save`, the thread saves first; the wait ends early only if the user exits at once.
        Without `save`, the wait ends after _PATIENCE seconds at most.
        """
        worker, looks = self._app.worker, 0
        worker.stop(save=save)
        # No asyncio.to_thread(join): closing the event loop waits for such threads, for ever if
        # the disk hangs.
        while not worker.join(0):
            looks += 1
            if self._asked.at_once if save else looks * _LOOK > _PATIENCE:
                return
            await asyncio.sleep(_LOOK)

    def _exit(self) -> None:
        self.is_over = True
        code, message = outcome(self._app.worker.latest(), self._app.naming)
        trace = traceback_of(self._app.worker.crash)
        cut = [f"{words.plain(name)} was not written" for name in self._app.writing]
        message = to_paste("\n".join(filter(None, (*cut, trace, message))))
        printed = "".join(self._app.printed).rstrip("\n")
        if not code and self._asked.signal:
            code = 128 + self._asked.signal
        # As a str, Rich would draw :x: in it as an emoji.
        said = Text("\n".join(filter(None, (printed, message))))
        self._app.exit(result=code, return_code=code, message=said)


def outcome(snapshot: Snapshot, naming: Naming) -> tuple[int, str]:
    """Return the exit code, and the line to print after the exit, "" if there was no run."""
    program = naming.program
    if snapshot.state is State.FAILED:
        return snapshot.exit_code, f"{naming.name}: {words.plain(snapshot.error)}"
    if snapshot.state is State.COMPLETE:
        checked = ", verified" if snapshot.verified else ""
        return 0, f"{naming.whole(snapshot)}, complete{checked}{naming.after_completion}"
    if snapshot.state is State.WATCHING:
        whose = snapshot.goes_on or f"`{program}` goes on with it"
        if snapshot.writer:
            whose = f"{snapshot.writer} computes it"
        return 0, f"only watched, so there was nothing to save here; {words.plain(whose)}"
    left, failure = snapshot.how_it_was_left, snapshot.save_failure
    if snapshot.lost or (failure is not None and failure.is_gone):
        return StorageError.exit_code, f"{naming.name}: {left}"
    return 0, f"{left}; `{program}` goes on from there" if snapshot.goal else ""
