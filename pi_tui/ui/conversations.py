"""Keys that begin a conversation: about runs, about digits one knows, about what a kill does."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from pi_tui.pi.settings import MAX_DIGITS
from pi_tui.reports.hints import to_paste
from pi_tui.ui.face import tell
from pi_tui.ui.looks import LooksApp
from pi_tui.ui.quitting import Quitting
from pi_tui.worker.snapshot import State

if TYPE_CHECKING:
    from pi_tui.ui.run_dialogs import RunDialogs


class ConversingApp(LooksApp):
    """Asks before it does."""

    quitting: Quitting

    def action_runs(self) -> None:
        """All runs of the database."""
        if self.screen is self.main_screen and self.make_worker is not None:
            self.converse(self._runs.browse())

    @property
    def _runs(self) -> RunDialogs:
        from pi_tui.ui.run_dialogs import RunDialogs

        return RunDialogs(self, self.quitting)

    def action_by_heart(self) -> None:
        """Type the digits from memory."""
        if self.screen is not self.main_screen:
            return
        if self.main_screen.count:
            self.converse(self._by_heart())
        else:
            tell(self, "There are no digits yet.", seconds=3)

    async def _by_heart(self) -> None:
        from pi_tui.ui.by_heart import ByHeart

        screen, best = self.main_screen, self.memory.now.by_heart
        score = await self.ask(ByHeart(bytes(screen.source[: screen.count]), best)) or 0
        if score > best:
            self.remember(by_heart=score)
            tell(self, f"{score:,} digits by heart, your best.")

    def action_ten_times(self) -> None:
        """Go on to ten times as many digits."""
        snapshot = self.worker.snapshot
        if snapshot.state is not State.COMPLETE:
            tell(self, "First this run is to be complete.", seconds=3)
        elif snapshot.goal * 10 > MAX_DIGITS:
            tell(self, f"{MAX_DIGITS:,} digits are the most.", seconds=3)
        elif self.screen is self.main_screen and self.make_worker is not None:
            self.converse(self._runs.open_run(snapshot.goal * 10))

    def action_crash_test(self) -> None:
        """Kill this process, if that is meant, so that one sees what is lost: nothing saved."""
        if self.screen is not self.main_screen:
            return
        snapshot = self.worker.snapshot
        if snapshot.state.is_final or snapshot.state is State.WATCHING or not snapshot.goal:
            tell(self, "Nothing is computed here now, so a crash could not show anything.")
        else:
            self.converse(self._crash_test())

    async def _crash_test(self) -> None:
        from pi_tui.ui import guardian
        from pi_tui.ui.dialogs import Choice

        question = Choice(
            "Kill this pi-tui now?",
            "SIGKILL ends it at once, as a crash would; nothing is saved before. "
            "The next start says what is still there.",
            {"stay": "Go on computing", "kill": "Kill it"},
        )
        if await self.ask(question) != "kill":
            return
        guardian.disarm()  # what ends us is known, and would be written over by its guess
        if self._driver is not None:  # the terminal is given back; the worker knows of nothing
            self._driver.stop_application_mode()
            self._driver.close()
        told = "killed by SIGKILL, as you wished; `pi-tui` goes on from the last checkpoint"
        if sys.__stderr__ is not None:  # not sys.stderr: that is Textual's while the app runs
            with suppress(OSError):
                sys.__stderr__.write(to_paste(told) + "\n")
                sys.__stderr__.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    def action_help(self) -> None:
        """Explain the screen and the keys."""
        from pi_tui.ui.help_screen import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen())
