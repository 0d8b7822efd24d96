"""Keys and mouse input as a real terminal sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.terminal.emulator import Terminal

FIRST = "1415926535 8979323846"


def a_finished_run(
    database: Path, size: tuple[int, int] = (80, 24), **environment: Any
) -> Terminal:
    arguments = ("--digits", 2000, "--pace", "max", "--db", database)
    return Terminal(*arguments, size=size, **environment)


@pytest.mark.parametrize("keys", ["/9999", "/9999\r"])
def test_search_key_and_text_sent_in_one_write_all_reach_the_search_field(
    keys: str, database: Path
) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send(keys)
        terminal.see(r"/ +9999 .*hit")


@pytest.mark.parametrize("view", ["v", "vv"])
def test_search_started_while_a_picture_is_shown_takes_the_typed_digits(
    view: str, database: Path
) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send(view)
        terminal.see("walk: " if view == "v" else "heat map: ")
        terminal.send("/9999")
        terminal.see(r"/ +9999 .*hit")


def test_keys_for_go_to_and_for_search_sent_in_one_write_each_reach_their_field(
    database: Path,
) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send("g762\r/999999")
        terminal.see(r"/ +999999 .* at position 762\b")
        assert "Go to position" not in terminal.screen


def test_answers_to_two_dialogs_sent_in_one_write_reach_their_dialogs(
    database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "six.txt"
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send(f"e\x15762-767\r\x15{target}\rd")
        terminal.until(target.exists)
        terminal.see("Wrote 6 digits")
    assert target.read_text() == "999999\n"


def test_first_dialog_takes_keys_sent_together_with_the_focus_event(database: Path) -> None:
    with Terminal("--pace", "max", "--db", database) as terminal:
        terminal.send("\x1b[O")
        terminal.see("How many digits")
        terminal.send("\x1b[I\x15700\r")
        terminal.see("700 digits")
        terminal.see("complete")


def test_first_dialog_takes_what_was_typed_as_soon_as_the_terminal_was_raw(database: Path) -> None:
    with Terminal("--pace", "max", "--db", database) as terminal:
        terminal.until(lambda: terminal.is_raw)
        terminal.send("700\r")
        terminal.see("700 digits")
        terminal.see("complete")


def test_key_counts_as_proof_that_the_window_has_the_focus(database: Path) -> None:
    with Terminal("--pace", "max", "--db", database) as terminal:
        terminal.send("\x1b[O")
        terminal.see("How many digits")
        terminal.send("\x15700\r")
        terminal.see("700 digits")
        terminal.see("complete")


LOOKS = {
    "night": {"COLORTERM": "truecolor"},
    "day": {"COLORTERM": "truecolor", "TEXTUAL_THEME": "pi-day"},
    "foreign": {"COLORTERM": "truecolor", "TEXTUAL_THEME": "dracula"},
    "grey": {"COLORTERM": "truecolor", "NO_COLOR": "1"},
    "sixteen": {"TERM": "linux"},
    "sixteen-light": {"TERM": "linux", "COLORFGBG": "0;15"},
    "none": {"TERM": "linux", "NO_COLOR": "1"},
}


@pytest.mark.parametrize("colored", [False, True], ids=["one colour", "coloured digits"])
@pytest.mark.parametrize("look", LOOKS)
def test_selected_digits_are_visible_and_readable(look: str, colored: bool, database: Path) -> None:
    with a_finished_run(database, (80, 24), **LOOKS[look]) as terminal:
        terminal.see("complete")
        terminal.send("\x1b[Hd" if colored else "\x1b[H")
        terminal.see(FIRST)
        column, row = terminal.place_of(FIRST)
        before = terminal.cell(column + 3, row)
        terminal.drag((column, row), (column + 8, row))
        terminal.until(lambda: terminal.cell(column + 3, row) != before)
        for at in range(column, column + 8):
            _, ink, paper, is_swapped = terminal.cell(at, row)
            assert ink != paper or is_swapped
            if len(ink) == len(paper) == 6:
                assert contrast(ink, paper) >= 4.5
        assert terminal.cell(column + 12, row)[1:] != (ink, paper, is_swapped)


@pytest.mark.parametrize(
    ("size", "square", "each"),
    [((80, 24), 4 * 76 + 3, "the mean of 2 digits"), ((120, 40), 4 * 78 + 3, "one digit")],
)
def test_click_in_the_heat_map_goes_to_the_digits_at_that_place(
    size: tuple[int, int], square: int, each: str, database: Path
) -> None:
    with a_finished_run(database, size) as terminal:
        terminal.see("complete")
        terminal.send("vv")
        terminal.see(f"heat map: a square is {each}")
        terminal.click(5, 5)
        terminal.see("digits [0-9]")
        terminal.send("y")
        offset = square * (2 if "2" in each else 1)
        terminal.see(f"Copied the line at {1 + offset // 60 * 60:,}")


def test_walk_zooms_by_key_and_wheel_and_key_0_shows_the_whole_walk_again(database: Path) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send("v")
        terminal.see("walk: 2,000 steps")
        terminal.see("[⠁-⣿]{5}")
        terminal.send("+")
        terminal.see("× 2.0")
        terminal.send("\x1b[<64;40;10M")
        terminal.see("× 3.0")
        terminal.send("0")
        terminal.until(lambda: "×" not in terminal.screen)


def test_ctrl_c_copies_a_selection_once_then_quits(database: Path) -> None:
    with a_finished_run(database) as terminal:
        terminal.see("complete")
        terminal.send("\x1b[H")
        terminal.see(FIRST)
        column, row = terminal.place_of(FIRST)
        terminal.drag((column, row), (column + 5, row))
        terminal.see("complete")
        terminal.send("\x03")
        terminal.see(r"Copied \d digits")
        terminal.send("\x03")
        assert terminal.wait() == 0


def contrast(one: str, other: str) -> float:
    """Return the contrast (WCAG 2) of two colours, given as RRGGBB."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
