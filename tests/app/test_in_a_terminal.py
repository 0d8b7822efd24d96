"""The app with other machines in a real terminal: paused, quit, killed, watched."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.app.conftest import Shown
from tests.app.helpers import text_of
from tests.app.lines import line
from tests.helpers import until
from tests.terminal.emulator import Terminal

LINES = str(Path(__file__).with_name("lines.py"))
LUCAS = """
import sys
from pi_tui.app.open import open_app
from pi_tui.examples.lucas_lehmer import Mersenne

kind = Mersenne()
task = kind.task(int(sys.argv[1]))
code, output = open_app(kind, task, sys.argv[2], again="lucas again", tasks=kind.task)
print("it is", output.decode() if output else "unknown")
sys.exit(code)
"""
FAILS = """
from pi_tui import resumable

@resumable
def steps(goal, at=0):
    while at < goal:
        at += 1
        if at == 700:
            raise ValueError("seven hundred")
        yield {"at": at}, f"{at}\\n", at / goal

steps.main()
"""
ITEMS = """
import sys
from pi_tui import Items

def square(number):
    print("loud", flush=True)
    print("loud", file=sys.stderr, flush=True)
    return number * number

if __name__ == "__main__":
    Items(square, range(50), workers=2).main()
"""
GOAL = 400


def lines(
    database: Path, seconds: float = 0.02, size: tuple[int, int] = (100, 30), goal: int = GOAL
) -> Terminal:
    return Terminal(goal, database, seconds, program=(LINES,), size=size)


def reached(terminal: Terminal) -> int:
    """Return the number of the last line of output on the screen."""
    return max(map(int, re.findall(r"line (\d+): ", terminal.screen)), default=0)


def test_text_machine_pauses_quits_and_resumes_where_it_stopped(database: Path) -> None:
    with lines(database) as terminal:
        terminal.see(f"lines {GOAL}")
        terminal.see("line 20: ")
        terminal.see("temperature .*2.27")
        terminal.send("p")
        terminal.see("paused")
        terminal.send("p")
        terminal.see("running")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        assert re.search(r"saved step [1-9]\d*; `lines 400` goes on from there", terminal.screen)
    with lines(database, 0.02) as again:  # slow: a run that is complete says so instead
        again.see("goes on after")
        again.see(f"line {GOAL}: {line(GOAL).split()[-1].decode()}")
        again.see("complete")
        again.send("q")
        assert again.wait() == 0
        whole = sum(len(line(number)) for number in range(1, GOAL + 1))
        assert f"output of {whole} bytes" in again.screen


def test_start_after_a_kill_reports_what_is_saved_and_resumes(database: Path) -> None:
    with lines(database, 0.05, goal=100_000) as terminal:
        terminal.see("#2 ")
        terminal.signal(signal.SIGKILL)
        terminal.wait()
    with lines(database, 0.05, goal=100_000) as again:
        again.see("cut off .*saved letters are there")
        again.see("running")
        assert reached(again) > 1
        again.send("q")
        assert again.wait() == 0


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_failed_step_is_named_and_its_traceback_is_shown_on_the_screen_and_after_the_exit(
    size: tuple[int, int], database: Path, tmp_path: Path
) -> None:
    (tmp_path / "steps.py").write_text(FAILS)
    arguments = ("7000", "--db", database, "--screen")
    with Terminal(*arguments, program=(str(tmp_path / "steps.py"),), size=size) as terminal:
        terminal.see(r"! steps: step 700 raised Val")
        assert terminal.screen.count("step 700") == 1
        assert "! why" in terminal.screen or size[0] == 40
        terminal.send("!")
        terminal.see("Traceback")
        terminal.send("\x1b[F")  # End
        terminal.see("ValueError: seven hundred")
        terminal.send("q")
        terminal.until(lambda: "Where it was" not in terminal.screen)
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (1, [])
        told = " ".join(terminal.screen.split())
        assert told.startswith("Traceback (most recent call last): File ")
        assert "steps: step 700 raised ValueError('seven hundred'); saved step 699" in told


async def test_key_for_errors_says_that_nothing_is_wrong_if_there_is_no_error(shown: Shown) -> None:
    async with shown(b"a\n") as (app, pilot):
        await pilot.press("!")
        await until(lambda: "Nothing is wrong." in text_of(app))


TO_A_FILE = """
import os, sys
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 1)
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def test_screen_has_the_size_of_the_terminal_if_output_goes_to_a_file(
    database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    words = (target, LINES, 30, database, 0.0)
    with Terminal(*words, program=("-c", TO_A_FILE), size=(40, 12)) as terminal:
        terminal.see("complete")
        terminal.see("line 30: ")
        assert "progress" not in terminal.screen
        terminal.send("q")
        assert terminal.wait() == 0
    assert target.read_text().startswith("output of ")


def test_second_process_watches_and_resumes_by_key_p_after_the_first_has_ended(
    database: Path,
) -> None:
    with lines(database, 0.05, goal=100_000) as first:
        first.see("#1 ")
        with lines(database, 0.05, goal=100_000) as second:
            second.see("watching pid")
            second.see(r"line \d+: ")
            second.send("c")
            second.see("Only watching")
            here = reached(first)  # or we would take over at once
            first.until(lambda: reached(first) > here + 80)
            first.send("q")
            assert first.wait() == 0
            second.see("has ended; p goes on with it here")
            second.send("p")
            second.see("running")
            second.send("q")
            assert second.wait() == 0


@pytest.mark.parametrize("size", [(80, 24), (10, 3), (300, 80)])
def test_lucas_lehmer_example_finds_a_prime_in_a_usual_a_tiny_and_a_huge_window(
    size: tuple[int, int], database: Path
) -> None:
    with Terminal(2203, database, program=("-c", LUCAS), size=size) as terminal:
        if size[1] > 3:
            terminal.see("lucas-lehmer 2,203")
            terminal.see("complete")
        terminal.see("prime|✓")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        assert "it is prime" in re.sub(r"\s+", " ", terminal.raw.decode())


def test_invalid_goal_is_refused_with_the_reason_in_the_dialog(database: Path) -> None:
    with Terminal(2203, database, program=("-c", LUCAS)) as terminal:
        terminal.see("complete")
        terminal.send("rn")
        terminal.see("Which goal")
        terminal.send("100\r")
        terminal.see("100 is no odd prime")
        terminal.send("\x15" + "607\r")
        terminal.see("lucas-lehmer 607")
        terminal.see("complete")
        terminal.send("r")
        terminal.see("607 .*100 %")
        terminal.send("q")
        terminal.until(lambda: "last saved" not in terminal.screen)
        terminal.send("q")
        assert terminal.wait() == 0


def test_crash_test_names_the_command_that_resumes_and_the_next_start_says_what_is_saved(
    database: Path,
) -> None:
    with lines(database, 0.05, goal=100_000) as first:
        first.see("#2 ")
        first.send("\x10")
        first.see("Search for commands")
        first.send("crash test")
        first.see("Kill pi-tui with SIGKILL")
        first.send("\r")
        first.see("Kill this lines now")
        first.send("\x1b[B\r")
        assert first.wait() == -signal.SIGKILL
        assert first.left_behind() == []
        first.read("killed by SIGKILL, as you wished; `lines 100000` goes on")
    with lines(database, 0.05, goal=100_000) as second:
        second.see("saved letters are there")


def test_search_and_export_use_the_output_of_the_machine(database: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    with lines(database, 0.0) as terminal:
        terminal.see("complete")
        terminal.send("/line 123:\r")
        terminal.see("1 of 1 hit at position")
        terminal.see(f"line 123: {line(123).split()[-1].decode()}")
        terminal.send("e\x15" + f"{target}\r")
        terminal.see("Wrote .* to")
        terminal.send("q")
        assert terminal.wait() == 0
    assert target.read_bytes() == b"".join(line(number) for number in range(1, GOAL + 1))


def test_items_computed_in_child_processes_print_nothing_onto_the_screen(
    tmp_path: Path, database: Path
) -> None:
    program = tmp_path / "items.py"
    program.write_text(ITEMS)
    with Terminal("--screen", "--db", database, program=(str(program),)) as terminal:
        terminal.see("complete")
        terminal.see("2401")
        assert "loud" not in terminal.raw.decode("utf-8", "replace")
        terminal.send("q")
        assert terminal.wait() == 0
