"""Beginning a run, changing to another, deleting one: what the app does around its workers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from pi_tui.checkpoints.records import Run
from pi_tui.errors import PiTuiError
from pi_tui.settings import parse_digits
from pi_tui.ui import words
from pi_tui.ui.telling import tell

if TYPE_CHECKING:
    from pi_tui.ui.app import PiApp


async def ask_for_run(app: PiApp) -> None:
    """Ask how many digits there shall be, and begin; with none at the first start, leave."""
    from pi_tui.ui.dialogs import Ask
    from pi_tui.ui.estimates import explain_digits

    first = app.worker.snapshot.digits == 0
    title = "How many digits of pi?"
    answer = await app.push_screen_wait(Ask(title, explain_digits, value="20,000" if first else ""))
    if answer is not None:
        await open_run(app, parse_digits(answer.strip()))
    elif first:
        app.quitting.begin()


async def browse(app: PiApp) -> None:
    """Show all runs, and do what is wanted with one."""
    from pi_tui.ui.runs_screen import RunsScreen

    while (wish := await app.push_screen_wait(RunsScreen(app))) is not None:
        action, run = wish
        if action == "new" or run is None:
            return await ask_for_run(app)
        if action == "open":
            return await open_run(app, run.digits)
        if action == "delete":
            await _delete(app, run)
        else:
            await _export(app, run)
    return None


async def open_run(app: PiApp, digits: int) -> None:
    """The run of so many digits is on the screen; the one before was saved first."""
    if app.make_worker is None or digits == app.worker.snapshot.digits:
        return
    if await app.quitting.let_go("… then the other run opens."):
        app.take(app.make_worker(digits))


async def _delete(app: PiApp, run: Run) -> None:
    """Ask, then delete; but not the run that is on the screen.

    Only one may write to the database, so the worker lets go of it meanwhile.
    """
    from pi_tui.ui.dialogs import Choice
    from pi_tui.worker.runs import delete_run

    here = app.worker.snapshot.digits
    if run.digits == here:
        tell(app, "This run is on the screen; open another one first.")
        return
    question = Choice(
        f"Delete the run of {words.counted(run.digits, 'digit')}?",
        f"{words.counted(run.committed, 'digit')} are saved; they cannot be brought back.",
        {"keep": "Keep it", "delete": "Delete it"},
    )
    if await app.push_screen_wait(question) != "delete" or app.make_worker is None:
        return
    if not await app.quitting.let_go("… then the run is deleted."):
        return
    try:
        await asyncio.to_thread(delete_run, app.location, run.digits)
    except PiTuiError as error:
        tell(app, str(error), wrong=True)
    else:
        tell(app, f"The run of {words.counted(run.digits, 'digit')} is deleted.")
    app.take(app.make_worker(here))


async def _export(app: PiApp, run: Run) -> None:
    """Ask for a file, and write the run's saved digits into it."""
    from pi_tui.ui.dialogs import Ask
    from pi_tui.ui.export import explain_file, write_digits
    from pi_tui.worker.runs import saved_digits

    explain = partial(explain_file, location=app.location)
    ask = Ask("Into which file?", explain, value=f"pi-{run.committed}.txt")
    name = await app.push_screen_wait(ask)
    if name is None:
        return
    try:
        digits = await asyncio.to_thread(saved_digits, app.location, run)
        path = await asyncio.to_thread(write_digits, name, digits, 0, len(digits), app.location)
    except PiTuiError as error:
        tell(app, str(error), wrong=True)
    else:
        tell(app, f"Wrote {words.counted(len(digits), 'digit')} to {path}")
