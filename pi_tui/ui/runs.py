"""Beginning a run, changing to another, deleting one: what the app does around its workers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pi_tui.errors import PiTuiError
from pi_tui.settings import parse_digits
from pi_tui.ui.crew import Nobody

if TYPE_CHECKING:
    from pi_tui.ui.app import PiApp


async def ask_for_run(app: PiApp) -> None:
    """Ask how many digits there shall be, and begin; with none at the first start, leave."""
    from pi_tui.ui.dialogs import Ask
    from pi_tui.ui.estimates import explain_digits

    first = isinstance(app.worker, Nobody)
    title = "How many digits of pi?"
    answer = await app.push_screen_wait(Ask(title, explain_digits, value="20,000" if first else ""))
    if answer is not None:
        await open_run(app, parse_digits(answer.strip()))
    elif first:
        app.quitting.begin()


async def open_run(app: PiApp, digits: int) -> None:
    """The run of so many digits is on the screen; the one before was saved first."""
    if app.make_worker is None or digits == app.worker.snapshot.digits:
        return
    if await app.quitting.let_go("… then the other run opens."):
        app.take(app.make_worker(digits))


async def delete_run(app: PiApp, digits: int) -> None:
    """The run is gone, if it is another than the one on the screen.

    Only one may write to the database, so the worker lets go of it meanwhile.
    """
    from pi_tui.worker.runs import delete_run

    if app.make_worker is None or not await app.quitting.let_go("… then the run is deleted."):
        return
    try:
        await asyncio.to_thread(delete_run, app.location, digits)
    except PiTuiError as error:
        app.notify(str(error), severity="error", markup=False)
    else:
        app.notify(f"The run of {digits:,} digits is deleted.", markup=False)
    app.take(app.make_worker(app.worker.snapshot.digits))
