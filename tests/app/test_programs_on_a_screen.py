"""Programs on a screen of their own: what they print and log, and the output they get back."""

from __future__ import annotations

import io
import logging
import re
from pathlib import Path

import pytest

from pi_tui.reports.standard_output import logging_to
from tests.recipes.programs import saved_steps
from tests.terminal.emulator import Terminal

TALKS = """
import logging, sys, warnings
from pi_tui import resumable

logging.basicConfig()

@resumable
def talk(goal, at=0):
    while at < goal:
        at += 1
        print("printed", at)
        print("on stderr", at, file=sys.stderr)
        logging.warning("logged %s", at)
        warnings.warn(f"warned {at}")
        yield {"at": at}, f"{at}\\n", at / goal

talk.main()
"""
SLOW = """
import sys, time
from pi_tui import carry_on, resumable

@resumable
def slow(goal, at=0):
    while at < goal:
        at += 1
        time.sleep(0.01)
        yield {"at": at}, f"{at}\\n", at / goal
"""
PRINTS = SLOW + "slow.main()\n"
TO_A_FILE = f"""{SLOW}
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
IN_A_THREAD = f"""{SLOW}
import threading
database, face = sys.argv[1:]

def compute():
    print("returned", carry_on(slow, slow.task(3), database, face=face))

thread = threading.Thread(target=compute)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(
    ("face", "shown"),
    [
        ("auto", r"returned \(0, b'1\\n2\\n3\\n'\)"),
        (
            "screen",
            r"slow: a screen needs a terminal, and the main (?s:.*)returned \(2, b''\)",
        ),
    ],
)
def test_carry_on_in_another_thread_computes_without_a_screen_and_refuses_a_requested_one(
    face: str, shown: str, database: Path, tmp_path: Path
) -> None:
    (tmp_path / "threads.py").write_text(IN_A_THREAD)
    with Terminal(database, face, program=(str(tmp_path / "threads.py"),)) as terminal:
        assert terminal.wait() == 0
        assert re.search(shown, terminal.screen), terminal.screen


def test_what_a_machine_prints_and_logs_is_shown_after_the_screen_above_the_last_line(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "talk.py").write_text(TALKS)
    arguments = ("2", "--db", database, "--screen")
    with Terminal(*arguments, program=(str(tmp_path / "talk.py"),)) as terminal:
        terminal.see("complete")
        for word in ("printed", "on stderr", "logged", "warned"):
            assert word not in terminal.screen
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        told = re.findall(r"(?:printed|on stderr|logged|Warning: warned) \d", terminal.screen)
        each = ["printed {0}", "on stderr {0}", "logged {0}", "Warning: warned {0}"]
        assert told == [text.format(at) for at in (1, 2) for text in each]
        last = terminal.screen.split("warned 2")[-1]
        assert last.rstrip().endswith("1\n2"), "the output, behind the last line of the app"
        assert "complete" in last


def test_output_is_returned_if_the_run_ended_after_another_one_was_deleted_from_its_screen(
    database: Path, tmp_path: Path
) -> None:
    (tmp_path / "slow.py").write_text(PRINTS)
    program = str(tmp_path / "slow.py")
    with Terminal("5", "--db", database, program=(program,)) as terminal:
        assert terminal.wait() == 0
    with Terminal("300", "--db", database, "--screen", program=(program,)) as terminal:
        terminal.see("running")
        terminal.send("r")
        terminal.see("▸ 300 .*\n.* 5 ")
        terminal.send("\x1b[Bd")
        terminal.see("Delete the run of slow 5")
        terminal.send("y")
        terminal.see("✓ complete")
        terminal.send("\x03")
        assert terminal.wait() == 0
        assert terminal.screen.rstrip().endswith("299\n300")


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


def test_logging_to_puts_a_handler_back_if_stdout_and_stderr_are_one_stream() -> None:
    one, shown = io.StringIO(), (io.StringIO(), io.StringIO())
    handler = logging.StreamHandler(one)
    logging.root.addHandler(handler)
    try:
        with logging_to([(one, shown[0]), (one, shown[1])]):
            assert handler.stream is shown[0]
        assert handler.stream is one
    finally:
        logging.root.removeHandler(handler)
