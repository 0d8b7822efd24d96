"""Ask the user for a birthday or a landmark, and show it among the digits."""

from __future__ import annotations

from collections.abc import Callable

from pi_tui.app.face import Face
from pi_tui.app.talk.export import copy
from pi_tui.pi.app.taking_digits import picture_of_card
from pi_tui.pi.digits.statistics import Digits
from pi_tui.worker.threads import in_thread

Show = Callable[[int, int], None]
"""A function that shows digits on the screen; its arguments are offset and length."""


async def landmarks_in(face: Face, digits: Digits, count: int, show: Show) -> None:
    """Let the user choose a landmark: a place in pi with a fact about it.

    Calls the function `show` with the place, or does nothing if the user chooses none.
    """
    from pi_tui.pi.app.screens.landmarks_list import LandmarksList
    from pi_tui.pi.digits.landmarks import landmarks

    rows = await in_thread(landmarks, digits, count)  # 100M digits take a second
    place = await face.questions.ask(LandmarksList(digits, count, rows))
    if place is not None:
        show(*place)


async def birthday_in(face: Face, digits: Digits, count: int, show: Show) -> None:
    """Ask for a date, search for it, and show a card: where it stands, or that it is not found.

    The user may then copy the card, save it as a picture or, if the date was found, go to its
    place, by `show`. Do nothing if the user enters no date.
    """
    from pi_tui.app.screens.dialogs import Ask
    from pi_tui.pi.app.screens.date_card import Card
    from pi_tui.pi.digits.dates import card, explain_date, framed, look

    ask = Ask("Where is your date in pi?", explain_date, example="14.3.1988")
    if (answer := await face.questions.ask(ask)) is None:
        return
    place = await in_thread(look, answer, digits, count)
    assert place is not None
    lines = card(answer, place)
    told = await face.questions.ask(Card(lines, goes=place.offset is not None))
    if told == "copy":
        copy(face, framed(lines), "the card")
    elif told == "picture":
        await picture_of_card(face, lines, f"pi-{place.notation.text}")
    elif told == "go" and place.offset is not None:
        show(place.offset, len(place.notation.text))
