"""`pi-tui open` of a kind whose methods fail: they are named, and no bug of ours is reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import pi_tui
from tests.terminal.emulator import Terminal

BAD = """
from pi_tui.machine import Kind, Machine, State, Task

class Count(Machine):
    done = False
    def step(self, poll=None):
        self.steps += 1
    def to_state(self):
        return State.of(b"")

class Fails(Count):
    def work(self):
        return self.steps / self.whole

class Lines(Kind):
    name = "lines"
    def new(self, task):
        return Fails()
    def from_state(self, task, state, output):
        return Fails()

class Lengths(Lines):
    def length(self, task):
        return b"12"

class Tasks(Lines):
    def task(self, goal):
        return Task(goal, {"seed": {}["seed"]})

class Made(Lines):
    def __init__(self):
        self.table = {}["table"]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bad.py").write_text(BAD, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Tasks", "pi-tui: task() raised KeyError('seed'); "),
        ("Made", "pi-tui: __init__() raised KeyError('table'); "),
    ],
)
def test_open_command_names_the_method_that_failed_before_there_was_a_task(
    name: str, said: str, folder: Path
) -> None:
    done = pi_tui("open", f"bad:{name}", "10", cwd=folder)
    first, *_, last = done.stderr.splitlines()
    assert (done.returncode, first) == (1, "Traceback (most recent call last):")
    assert last.startswith(said)
    assert "bug of ours" not in done.stderr
    assert "open_machine.py" not in done.stderr


def test_open_command_shows_the_failed_method_on_the_screen_and_its_traceback_by_a_key() -> None:
    with Terminal("open", "bad:Lines", "10", "--db", "bad.sqlite3", size=(120, 30)) as terminal:
        terminal.see(r"work\(\) raised AttributeError")
        terminal.send("!")
        terminal.see("Where it was raised")
        terminal.see("return self.steps / self.whole")
        terminal.send("q")
        terminal.until(lambda: "Where it was raised" not in terminal.screen)
        terminal.send("q")
        assert terminal.wait() == 1


def test_open_command_shows_on_the_screen_which_method_returned_a_wrong_type() -> None:
    with Terminal("open", "bad:Lengths", "10", "--db", "bad.sqlite3", size=(120, 30)) as terminal:
        terminal.see(r"length\(\) returned bytes, not an int or None")
        terminal.send("q")
        assert terminal.wait() == 1
