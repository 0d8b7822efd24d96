"""Digits that leave the app: copied, or exported to a file."""

from __future__ import annotations

from pathlib import Path

from textual.geometry import Offset
from textual.selection import Selection

from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, paste, text_of


async def test_selected_digits_are_copied_without_positions_and_gaps(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home")
        view = app.main_screen.digits
        left = view.lines.left
        app.screen.selections = {view: Selection(Offset(left, 0), Offset(left + 14, 1))}
        await pilot.press("ctrl+c")
        expected = pi(DIGITS)[: view.lines.per_line + 13].decode()
        assert app.clipboard == expected
        assert not app.quitting.is_over


async def test_mouse_selects_digits(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home")
        left = app.main_screen.digits.lines.left + 2  # border and padding
        await pilot.mouse_down("#digits", offset=(left, 1))
        await pilot.hover("#digits", offset=(left + 12, 1))
        await pilot.mouse_up("#digits", offset=(left + 12, 1))
        assert app.screen.get_selected_text() == pi(12).decode()


async def test_key_y_copies_the_line_with_its_position(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home", "y")
        assert app.clipboard.startswith("1 1415926535 8979323846 ")
        await until(lambda: "Copied the line at 1." in text_of(app))


async def test_key_e_exports_a_range_or_all_digits(bench: Bench, tmp_path: Path) -> None:
    async with a_complete_run(bench) as (app, pilot):
        part, whole = tmp_path / "part.txt", tmp_path / "whole.txt"
        await pilot.press("e", "ctrl+u", *"762-767", "enter")
        await pilot.press("ctrl+u")
        await paste(pilot, str(part))
        await pilot.press("enter")
        await until(part.exists)
        assert part.read_text() == "999999\n"
        await pilot.press("e", "enter")
        await pilot.press("ctrl+u")
        await paste(pilot, str(whole))
        await pilot.press("enter")
        await until(whole.exists)
        assert whole.read_bytes() == b"3." + pi(DIGITS) + b"\n"
        await until(lambda: "Wrote 2,000 digits" in text_of(app))


async def test_export_that_fails_is_reported(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("e", "enter", "ctrl+u")
        await paste(pilot, "/dev/full")
        await pilot.press("enter")
        await until(lambda: "No space left" in text_of(app))


async def test_export_of_a_range_suggests_a_file_name_with_the_range(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("e", "ctrl+u", *"762-767", "enter")
        await until(lambda: "pi-762-767.txt" in text_of(app))
