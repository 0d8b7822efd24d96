"""`run` in a real terminal: a live bar, ctrl+c, a closed window."""

from __future__ import annotations

import re
from pathlib import Path

from tests.commands.long_run import LONG, SLOW
from tests.helpers import saved
from tests.terminal.emulator import Terminal

ALL = """
import sys, time
from pi_tui import carry_on_all, resumable

@resumable
def slow(goal, at=0, *, pattern):
    while at < goal:
        at += 1
        time.sleep(0.02)
        yield {"at": at}, f"{at}\\n", at / goal

tasks = [slow.task(100, pattern="[/x]:heart:")]
print("code", carry_on_all(slow, tasks, sys.argv[1])[0])
"""


def run(database: Path, *arguments: object) -> Terminal:
    return Terminal("run", "--db", database, *(arguments or SLOW), "--checkpoint-every", "0.1s")


def test_run_command_on_a_terminal_prints_a_final_line_and_no_digits(database: Path) -> None:
    with run(database, "--digits", "40000") as terminal:
        terminal.see("40,000 digits, verified")
        assert terminal.wait() == 0
        assert b"\x1b[" in terminal.raw
        assert terminal.left_behind() == []
        assert "14159" not in terminal.screen, "digits are data: none on a terminal"


def test_run_bar_shows_share_speed_and_time_left(database: Path) -> None:
    with run(database) as terminal:
        terminal.see(r"running +\S+ +[\d,]+/100,000 · [\d.]+ % · [\d,]+/s · .* left")


def test_run_command_at_ctrl_c_keeps_what_is_saved_and_says_how_to_resume(database: Path) -> None:
    with run(database) as terminal:
        terminal.until(lambda: saved(database))
        before = saved(database)
        terminal.send("\x03")
        assert (terminal.wait(), terminal.left_behind()) == (130, [])
        terminal.see(r"saved [\d,]+ of 100,000 digits; `pi-tui --db ")
        assert "Traceback" not in terminal.screen
    assert LONG > saved(database) >= before


def test_run_command_ends_and_keeps_what_is_saved_when_its_window_is_closed(database: Path) -> None:
    with run(database) as terminal:
        terminal.until(lambda: saved(database))
        before = saved(database)
        terminal.close()
        assert terminal.wait() == 129
    assert saved(database) > before


def test_run_command_refuses_a_folder_as_database_in_one_line(database: Path) -> None:
    database.mkdir()
    with run(database, "--digits", "9") as terminal:
        assert terminal.wait() == 7
        assert re.search(rb"\x1b\[2Kpi-tui: [^\r\n]+ is a folder; [^\r\n]+\r\n\Z", terminal.raw)


def test_bar_of_carry_on_all_shows_a_parameter_with_brackets_as_it_is(database: Path) -> None:
    with Terminal(database, program=("-c", ALL), size=(100, 24)) as terminal:
        terminal.see(r"pattern=\[/x\]:heart:")
        terminal.see("code 0")
        assert terminal.wait() == 0
        assert "Traceback" not in terminal.screen
