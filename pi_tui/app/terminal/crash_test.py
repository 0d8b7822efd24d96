"""The crash test: kill this process, so that the next start shows that nothing saved is lost."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from pi_tui.app.face import Face, tell
from pi_tui.app.terminal import guardian
from pi_tui.reports.hints import to_paste
from pi_tui.worker.snapshot import State


def crash_test(face: Face) -> None:
    """Ask whether to kill this process, so that the next start shows that no save is lost.

    Return at once; the process is killed when the user answers yes. If there is no run, or it is
    complete, has failed or is only watched, only tell the user that nothing is computed here.
    """
    snapshot = face.worker.snapshot
    if snapshot.state.is_final or snapshot.state is State.WATCHING or not snapshot.goal:
        tell(face, "Nothing is computed here now, so a crash could not show anything.")
    else:
        face.questions.converse(_ask_and_kill(face))


async def _ask_and_kill(face: Face) -> None:
    from pi_tui.app.screens.dialogs import Choice

    question = Choice(
        f"Kill this {face.naming.name} now?",
        "SIGKILL ends it at once, as a crash would; nothing is saved before. "
        "The next start says what is still there.",
        {"stay": "No, go on computing", "kill": "Yes, kill it"},
        keys="ny",
    )
    if await face.questions.ask(question) != "kill":
        return
    guardian.disarm()  # or the guardian would print a wrong cause over ours
    if face._driver is not None:  # restore the terminal; the worker gets no notice
        face._driver.stop_application_mode()
        face._driver.close()
    program = face.naming.program
    told = f"killed by SIGKILL, as you wished; `{program}` goes on from the last checkpoint"
    with suppress(OSError):  # not to sys.stderr: that is Textual's while the app runs
        os.write(2, (to_paste(told) + "\n").encode())
    os.kill(os.getpid(), signal.SIGKILL)
