"""Write digits and pictures of them into files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pi_tui import words
from pi_tui.app.face import Face
from pi_tui.app.talk.export import ask_for_file, write_file
from pi_tui.files.output_file import FileContent
from pi_tui.pi.app.pi_naming import suggested_name
from pi_tui.pi.digits.statistics import Digits

Draw = Callable[[str], bytes]
"""A function that draws a picture in the form `png` or `svg`, and returns its bytes."""


async def export_digits(face: Face, digits: Digits, count: int) -> None:
    """Ask for a range of the first `count` digits and for a file; write the range into the file.

    Do nothing if the user cancels a question.
    """
    from pi_tui.app.screens.dialogs import Ask
    from pi_tui.pi.app.screens.digit_answers import explain_range, parse_range

    explain = partial(explain_range, count=count)
    answer = await face.questions.ask(Ask("Export which positions?", explain, value="all"))
    if answer is None:
        return
    start, stop = parse_range(answer, count)
    name = await ask_for_file(face, "Into which file?", suggested_name(start, stop))
    if name is not None:
        content = digits_in_file(digits, start, stop)
        wrote = f"Wrote {words.counted(stop - start, 'digit')} to"
        write_file(face, name, lambda _: content, wrote)


def digits_in_file(digits: Digits, start: int, stop: int) -> FileContent:
    """Return the content of a file with the digits from offset `start` to `stop`.

    If the first digit is among them, the content begins with "3.". It ends with a line break.
    """
    return FileContent(digits, b"3." if start == 0 else b"", b"\n", start, stop)


async def picture_of_digits(face: Face, kind: str, digits: Digits, count: int) -> None:
    """Ask for a file, and draw a picture of the first `count` digits into it.

    `kind` is "walk" or "heat". Do nothing if the user cancels.
    """
    from pi_tui.pi.pictures.drawing import draw
    from pi_tui.pi.pictures.request import PictureRequest

    def picture(form: str) -> bytes:
        return draw(PictureRequest(kind, bytes(digits[:count]), 0, theme=theme), form)

    title, theme = "The heat map" if kind == "heat" else "The walk", _theme(face)
    await _draw(face, title, f"pi-{kind}-{count}", picture, words.counted(count, "digit"))


async def picture_of_card(face: Face, lines: list[str], name: str) -> None:
    """Ask for a file, and draw a card with these lines into it.

    The suggested file is `name` with .png or .svg added. Do nothing if the user cancels.
    """
    from pi_tui.pi.pictures.card import draw_card

    await _draw(face, "The card", name, partial(draw_card, lines, _theme(face)), "the card")


async def _draw(face: Face, title: str, name: str, draw: Draw, what: str) -> None:
    """Ask for a file, and put the picture in it; suggest PNG if Pillow is installed, else SVG.

    The question begins with `title`. The suggested file is `name` with the ending of its form. The
    message after the drawing tells that `what` was drawn.
    """
    from pi_tui.pi.app.screens.digit_answers import explain_picture
    from pi_tui.pi.pictures.request import can_png, form_of

    suggested = f"{name}.{'png' if can_png() else 'svg'}"
    answer = await ask_for_file(face, f"{title}, into which file?", suggested, explain_picture)
    if answer is not None:
        write_file(face, answer, lambda name: FileContent(draw(form_of(name))), f"Drew {what} into")


def _theme(face: Face) -> str:
    return "night" if face.current_theme.dark else "day"
