"""`run` in a real terminal: a live bar, ctrl+c, a closed window."""

from __future__ import annotations

from pathlib import Path

from tests.commands.test_run import LONG, SLOW
from tests.helpers import saved
from tests.terminal.emulator import Terminal


def run(database: Path, *arguments: object) -> Terminal:
    return Terminal("run", "--db", database, *(arguments or SLOW), "--checkpoint-every", "0.1s")


def test_it_shows_a_bar_and_then_the_line_that_stays(database: Path) -> None:
    with run(database, "--digits", "40000") as terminal:
        terminal.see("40,000 digits, verified")
        assert terminal.wait() == 0
        assert b"\x1b[" in terminal.raw
        assert terminal.left_behind() == []
        assert "14159" not in terminal.screen, "digits are data: none on a terminal"


def test_the_bar_says_how_far_how_fast_and_how_long_still(database: Path) -> None:
    with run(database) as terminal:
        terminal.see(r"running +\S+ +[\d,]+/100,000 · [\d.]+ % · [\d,]+/s · .* left")


def test_ctrl_c_saves_says_how_to_go_on_and_leaves_a_clean_terminal(database: Path) -> None:
    with run(database) as terminal:
        terminal.until(lambda: saved(database))
        before = saved(database)
        terminal.send("\x03")
        assert (terminal.wait(), terminal.left_behind()) == (130, [])
        terminal.see(r"saved [\d,]+ of 100,000 digits; `pi-tui --db ")
        assert "Traceback" not in terminal.screen
    assert LONG > saved(database) >= before


def test_a_closed_window_saves_and_ends_it(database: Path) -> None:
    with run(database) as terminal:
        terminal.until(lambda: saved(database))
        before = saved(database)
        terminal.close()
        assert terminal.wait() == 129
    assert saved(database) > before


def test_a_refusal_is_one_line_there_too(database: Path) -> None:
    database.mkdir()
    with run(database, "--digits", "9") as terminal:
        assert terminal.wait() == 7
        assert terminal.screen.split() == terminal.screen.strip().split()
        assert terminal.screen.startswith("pi-tui: ")
