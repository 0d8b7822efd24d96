"""Offer a run of more digits, and estimate beforehand how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from pi_tui import words
from pi_tui.app.face import Face, tell
from pi_tui.machine import Task
from pi_tui.pi.app.pi_screen import PiScreen
from pi_tui.pi.digits.chance import LIKELY, chance, chance_in_words, digits_for
from pi_tui.pi.digits.hits import rounded_up
from pi_tui.pi.forecast import seconds
from pi_tui.pi.settings import MAX_DIGITS
from pi_tui.worker.snapshot import State

OpenRun = Callable[[Task, bytes], Coroutine[Any, Any, None]]
_LOOK = 0.03
"""Seconds between two checks whether a run has been opened."""


async def offer_larger(face: Face, screen: PiScreen, open_run: OpenRun) -> None:
    """Ask whether to begin a larger run; open that run if the user agrees.

    If a string was searched and not found, the larger run has as many digits as `enough_for`
    returns, and the search goes on there. Otherwise it has ten times the digits of this run. If
    this run is not complete, or the larger one would have more than MAX_DIGITS digits, only say so.
    While the run is still being loaded, wait first; if another dialog is open then, do nothing.
    `open_run` opens a run; it shows the digits of this one until the new run has computed them.
    """
    while face.worker.snapshot.state is State.PREPARING:
        await asyncio.sleep(_LOOK)
    if face.screen is not screen:  # x was pressed twice while the run was loaded
        return
    snapshot, missed = face.worker.snapshot, screen.searching.missed
    if snapshot.state is not State.COMPLETE:
        tell(face, "This run is not complete yet. Once it is, x begins a larger one.", seconds=4)
        return
    goal = enough_for(missed, snapshot.goal) if missed else snapshot.goal * 10
    if goal > MAX_DIGITS:
        tell(face, f"pi-tui computes {MAX_DIGITS:,} digits at most.", seconds=4)
        return
    if not await _is_wanted(face, snapshot.goal, goal, missed):
        return
    await open_run(Task(goal), bytes(screen.source[: snapshot.goal]))
    if missed and face.worker.snapshot.goal == goal:
        screen.bring_up_output()
        await screen.searching.search_on(missed)


def enough_for(text: str, count: int) -> int:
    """Return how many digits to search next for `text`, which is not in the first `count`.

    It is the number that contains `text` with a chance of 95 %, rounded up. If that is not above
    `count`, or is above MAX_DIGITS, it is the number for a chance of 63 %. If that does not fit
    either, it is ten times `count`, whatever the chance, and may be above MAX_DIGITS.

    >>> enough_for("123456", 20_000), enough_for("12345678", 20_000)
    (3000000, 300000000)
    """
    goals = [rounded_up(digits_for(len(text), likely)) for likely in reversed(LIKELY)]
    return next((goal for goal in goals if count < goal <= MAX_DIGITS), count * 10)


async def _is_wanted(face: Face, here: int, goal: int, missed: str) -> bool:
    from pi_tui.app.screens.dialogs import Choice

    took = seconds(goal)
    time = "less than a second" if took < 1 else f"about {words.duration(took)}"
    aim = ""
    if missed:
        likely = chance_in_words(chance(len(missed), goal))
        is_there = f"is among so many digits with a chance of {likely}"
        if "certain" in likely:
            is_there = f"is {likely} to be among so many digits"
        aim = f"It looks for {missed}, which {is_there}. "
    question = Choice(
        f"Begin another run, of {goal:,} digits?",
        f"{aim}At full speed it takes {time}. The run of {words.counted(here, 'digit')} "
        "stays saved as it is; its digits are shown at once, until the new run has computed them "
        "itself.",
        {"begin": "Yes, begin it", "stay": "No, stay here"},
        keys="yn",
    )
    return await face.questions.ask(question) == "begin"
