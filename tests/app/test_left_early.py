"""Calls with a screen that the user leaves by `q` before the run is complete."""

from __future__ import annotations

from pathlib import Path

from tests.recipes.programs import saved_steps
from tests.terminal.emulator import Terminal

TO_A_FILE = """
import sys, time
from pi_tui import carry_on, resumable

@resumable
def slow(goal, at=0):
    while at < goal:
        at += 1
        time.sleep(0.02)
        yield {"at": at}, f"{at}\\n", at / goal

database, target = sys.argv[1:]
print("ended with", carry_on(slow, slow.task(100_000), database, to=target, face="screen"))
"""
BATCH = """
import sys, time
from pi_tui import Items

def slow(number):
    time.sleep(0.02)
    return number

print("returned", Items(slow, range(100_000), threads=True).run(sys.argv[1], face="screen"))
"""


def left_early(database: Path, code: str, *arguments: object) -> str:
    """Run the code, leave its screen after the first save, and return what is shown then."""
    program = database.with_name("slow.py")
    program.write_text(code)
    with Terminal(database, *arguments, program=(str(program),)) as terminal:
        terminal.see("slow 100,000")
        terminal.until(lambda: saved_steps(str(database), "slow"))
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        return terminal.screen


def test_carry_on_to_a_file_keeps_the_file_if_its_screen_is_left_early(
    database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("of another day\n")
    assert "ended with (0, b'')" in left_early(database, TO_A_FILE, target)
    assert target.read_text() == "of another day\n"


def test_run_of_items_exits_instead_of_returning_no_lines_if_its_screen_is_left_early(
    database: Path,
) -> None:
    assert "returned" not in left_early(database, BATCH)
