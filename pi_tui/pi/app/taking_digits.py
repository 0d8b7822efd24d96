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
    """Ask for a range of digits and for a file, and write them."""
    from pi_tui.app.screens.dialogs import Ask
    from pi_tui.pi.app.screens.digit_answers import explain_range, parse_range

    explain = partial(explain_range, count=count)
    answer = await face.ask(Ask("Export which positions?", explain, value="all"))
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

    If the first digit is among them, the content begins with "3."; else it is digits only.
    """
    return FileContent(digits, b"3." if start == 0 else b"", b"\n", start, stop)


async def picture_of_digits(face: Face, kind: str, digits: Digits, count: int) -> None:
    """Ask for a file, and draw the walk or the heat map to it."""
    from pi_tui.pi.pictures.drawing import draw
    from pi_tui.pi.pictures.request import PictureRequest

    name = f"pi-{kind}-{count}"
    title = "The heat map, into which file?" if kind == "heat" else "The walk, into which file?"
    answer = await _ask_for_picture(face, title, name)
    if answer is not None:
        request = PictureRequest(kind, bytes(digits[:count]), 0, theme=_theme(face))
        _write_picture(face, answer, partial(draw, request), words.counted(count, "digit"))


async def picture_of_card(face: Face, lines: list[str], name: str) -> None:
    """Ask for a file, and save the card as a picture."""
    from pi_tui.pi.pictures.card import draw_card

    answer = await _ask_for_picture(face, "The card, into which file?", name)
    if answer is not None:
        _write_picture(face, answer, partial(draw_card, lines, _theme(face)), "the card")


async def _ask_for_picture(face: Face, title: str, name: str) -> str | None:
    """Ask for a file; suggest a PNG if Pillow is installed, else an SVG."""
    from pi_tui.app.screens.dialogs import Ask
    from pi_tui.pi.app.screens.digit_answers import explain_picture
    from pi_tui.pi.pictures.request import can_png

    explain = partial(explain_picture, location=face.location)
    form = "png" if can_png() else "svg"
    return await face.ask(Ask(title, explain, value=f"{name}.{form}"))


def _theme(face: Face) -> str:
    return "night" if face.current_theme.dark else "day"


def _write_picture(face: Face, name: str, draw: Draw, what: str) -> None:
    from pi_tui.pi.pictures.request import form_of

    write_file(face, name, lambda name: FileContent(draw(form_of(name))), f"Drew {what} into")
