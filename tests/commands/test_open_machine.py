"""`pi-tui open` and `watch`: machines that a user wrote, in a folder of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import pytest

from pi_tui import cli
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.open_machine import find_kind
from pi_tui.errors import StorageError, UsageError
from pi_tui.recipes.generator import GeneratorKind
from tests.helpers import pi_tui
from tests.terminal.emulator import Terminal

MINE = '''
from pathlib import Path

from pi_tui.machine import Kind, Machine, State, Task
from pi_tui.recipes.items import Items
from pi_tui.recipes.program import resumable


@resumable
def lines(goal, number=0, *, seed: int = 1, ratio: float = 0.5, loud=False, label: str = ""):
    while number < goal:
        number += 1
        yield {"number": number}, f"{label}{number * seed}{'!' if loud else ''}\\n", number / goal


@resumable
def slow(goal, number=0):
    """Wait for the file `go` before each step but the first ten."""
    import time
    while number < goal:
        while number >= 10 and not Path("go").exists():
            time.sleep(0.02)
            yield {"number": number}, None, number / goal
        number += 1
        yield {"number": number}, f"{number}\\n", number / goal


class Count(Machine):
    def __init__(self, goal, steps=0):
        self.goal, self.steps = goal, steps
    @property
    def done(self):
        return self.steps == self.goal
    def step(self, poll=None):
        self.steps += 1
        self.output += b"x"
    def to_state(self):
        return State.of(b"%d" % self.steps)


class Counts(Kind):
    name = "count"
    def new(self, task):
        return Count(task.goal)
    def from_state(self, task, state, output):
        machine = Count(task.goal, int(state.data))
        machine.output = output
        return machine


class Named(Counts):
    def __init__(self, name):
        self.name = name


def double(number):
    return 2 * number


counts = Counts()
doubled = Items(double, [1, 2, 3], threads=True, name="doubled")
nothing = 7
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "broken.py").write_text("import no_such_thing\n")
    (tmp_path / "raising.py").write_text("1 / 0\n")
    (tmp_path / "program.py").write_text("raise SystemExit(3)\n")
    return tmp_path


def opened(folder: Path, *words: object) -> str:
    done = pi_tui("open", *words, "--db", "runs.sqlite3", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def runs(folder: Path) -> list[dict[str, object]]:
    done = pi_tui("runs", "--json", "--db", "runs.sqlite3", cwd=folder)
    found: list[dict[str, object]] = json.loads(done.stdout)
    return found


def test_open_command_computes_a_function_with_its_parameters(folder: Path) -> None:
    assert opened(folder, "mine:lines", 3, "seed=2", "loud=yes", "label=1") == "12!\n14!\n16!\n"
    (run,) = runs(folder)
    parameters = {"seed": 2, "ratio": 0.5, "loud": True, "label": "1"}
    assert (run["kind"], run["goal"], run["parameters"]) == ("lines", 3, parameters)


@pytest.mark.parametrize("file", ["mine.py", "./mine.py", "elsewhere/mine2.py"])
def test_open_command_accepts_a_file_in_place_of_a_module(file: str, folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "mine2.py").write_text((folder / "mine.py").read_text())
    assert opened(folder, f"{file}:lines", 3, "seed=2") == opened(folder, "mine:lines", 3, "seed=2")


def test_module_file_in_the_root_folder_is_searched_for_in_the_root_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(UsageError, match="no module no_such_file in /, or"):
        find_kind("/no_such_file.py:lines")
    assert sys.path[-1] == "/"


def test_open_command_parses_a_whole_number_for_a_float_parameter_as_float(folder: Path) -> None:
    assert opened(folder, "mine:lines", 3, "ratio=2") == opened(
        folder, "mine:lines", 3, "ratio=2.0"
    )
    (run,) = runs(folder)
    assert run["parameters"] == {"seed": 1, "ratio": 2.0, "loud": False, "label": ""}


def test_open_command_prints_the_whole_output_though_every_save_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_room(*_: object, **__: object) -> NoReturn:
        raise StorageError("disk full")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("pi_tui.carry_on.PATIENCE", 0.01)
    monkeypatch.setattr(CheckpointStore, "save", no_room)
    monkeypatch.setattr(CheckpointStore, "complete", no_room)
    code = cli.main(["open", "mine:lines", "3", "--db", "runs.sqlite3"])
    assert (code, capfd.readouterr().out) == (6, "1\n2\n3\n")


@pytest.mark.parametrize("name", ["Counts", "counts"])
def test_open_command_accepts_a_kind_as_class_or_object(name: str, folder: Path) -> None:
    assert opened(folder, f"mine:{name}", "1_0", "seed=3", "ratio=2.5", "path=a.csv") == "x" * 10
    (run,) = runs(folder)
    assert run["parameters"] == {"seed": 3, "ratio": 2.5, "path": "a.csv"}


def test_open_command_computes_a_batch_of_items_without_a_goal(folder: Path) -> None:
    assert opened(folder, "mine:doubled") == "2\n4\n6\n"


REFUSED = {
    "no colon": (["mine"], "write module:name, like collatz:collatz"),
    "no module": (["nowhere:x", "3"], "there is no module nowhere in "),
    "a folder alone": (["mine/:x", "3"], "'mine/:x' names no machine; write module:name"),
    "no package": (["no.where:x", "3"], "there is no module no.where in "),
    "a module that needs another": (["broken:x", "3"], "broken cannot be imported: No module"),
    "a module that raises": (["raising:x", "3"], "raising cannot be imported: ZeroDivisionError"),
    "a program": (["program:x", "3"], 'put that under `if __name__ == "__main__":`'),
    "no such name": (
        ["mine:line", "3"],
        "mine has no line; it has lines, slow, Counts, Named, cou",
    ),
    "a number": (["mine:nothing", "3"], "mine:nothing is no kind of machine; it has lines"),
    "a class that needs more": (["mine:Named", "3"], "mine:Named cannot be made without arguments"),
    "no goal": (["mine:lines"], "lines: say how far to compute: a GOAL"),
    "no goal for a kind": (["mine:counts"], "count: say how far to compute: a GOAL"),
    "a goal that is none": (["mine:lines", "many"], "'many' is no goal"),
    "a goal for a batch": (["mine:doubled", "3"], "takes no GOAL; leave it out"),
    "an unknown parameter": (["mine:lines", "3", "sead=3"], "lines has no parameter sead"),
    "a value of another type": (["mine:lines", "3", "seed=x"], "seed takes a whole number"),
    "a value that is no choice": (["mine:lines", "3", "loud=9"], "loud takes true or false"),
    "a word that is no parameter": (["mine:lines", "3", "seed"], "write it like seed=3"),
    "an endless parameter": (["mine:counts", "3", "x=inf"], "a float must be finite"),
}


@pytest.mark.parametrize(("words", "advice"), REFUSED.values(), ids=REFUSED)
def test_open_command_refuses_bad_arguments_in_one_line(
    words: list[str], advice: str, folder: Path
) -> None:
    done = pi_tui("open", *words, "--db", "runs.sqlite3", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert advice in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "runs.sqlite3").exists()


def test_open_command_saves_in_the_database_of_the_user_program_and_prints_its_name(
    folder: Path,
) -> None:
    done = pi_tui("open", "mine:lines", 3, "seed=2", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "2\n4\n6\n")
    told = "lines: saved in lines.sqlite3 in this folder; --db names another file\n"
    assert done.stderr == told
    code = "from mine import lines; print(lines.run(3, seed=2))"
    again = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert again.stdout == "b'2\\n4\\n6\\n'\n"
    found = pi_tui("runs", "--json", "--db", "lines.sqlite3", cwd=folder).stdout
    assert len(json.loads(found)) == 1


def test_open_command_saves_in_the_database_that_the_environment_names(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_TUI_DB", "mine.db")
    assert pi_tui("open", "mine:lines", 3, cwd=folder).stderr == ""
    assert (folder / "mine.db").exists()


@pytest.mark.parametrize("order", ["before the command's name", "after it"])
def test_open_command_refuses_fresh_without_yes_if_output_is_saved(
    order: str, folder: Path
) -> None:
    def opened_with(*switches: str) -> subprocess.CompletedProcess[str]:
        words = ("open", "mine:lines", 3)
        typed = (*words, *switches) if order == "after it" else (*switches, *words)
        return pi_tui(*typed, "--db", "runs.sqlite3", cwd=folder)

    opened(folder, "mine:lines", 3)
    refused = opened_with("--fresh")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    done = opened_with("--fresh", "--yes")
    assert (done.returncode, done.stdout) == (0, "1\n2\n3\n")


def test_open_command_refuses_fresh_without_yes_if_only_a_state_is_saved(folder: Path) -> None:
    code = (
        "from pi_tui import resumable\n@resumable\ndef late(goal, at=0):\n"
        "    while at < goal:\n        at += 1\n"
        "        yield {'at': at}, 'done' if at == goal else None, at / goal\n"
        "        if at == 5: raise SystemExit(3)\n"
    )
    (folder / "late.py").write_text(code)
    assert pi_tui("open", "late:late", 9, "--db", "late.db", cwd=folder).returncode == 3
    before = pi_tui("runs", "--json", "--db", "late.db", cwd=folder).stdout
    done = pi_tui("open", "late:late", 9, "--fresh", "--db", "late.db", cwd=folder)
    assert (done.returncode, "--yes" in done.stderr) == (2, True)
    assert pi_tui("runs", "--json", "--db", "late.db", cwd=folder).stdout == before


def test_commands_runs_watch_and_status_load_no_module_from_the_working_folder(
    folder: Path,
) -> None:
    (folder / "sqlite3.py").write_text("raise SystemExit('loaded')\n")
    for command in ("runs", "watch", "status"):
        done = pi_tui(command, "--db", "runs.sqlite3", cwd=folder, fresh=True)
        assert "loaded" not in done.stderr


def test_watch_command_without_a_terminal_prints_the_status_of_a_complete_run(folder: Path) -> None:
    opened(folder, "mine:lines", 3)
    done = pi_tui("watch", "--kind", "lines", "--db", "runs.sqlite3", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("lines 3 label= loud=False ratio=0.5 seed=1: 6 bytes saved")


@pytest.mark.parametrize(
    ("words", "advice"),
    [(["--kind", "lines", "--goal", "4"], "there is no run of lines 4"), ([], "nothing is saved")],
)
def test_watch_command_on_a_terminal_is_refused_if_there_is_no_such_run(
    words: list[str], advice: str, folder: Path
) -> None:
    database = folder / "runs.sqlite3"
    if words:
        opened(folder, "mine:lines", 3)
    with Terminal("watch", *words, "--db", database, size=(120, 24)) as terminal:
        terminal.see(advice)
        assert terminal.wait() == 2


@pytest.mark.skipif(find_spec("pi_tui.app") is None, reason="needs the app for any machine")
def test_second_terminal_watches_the_run_of_the_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    database = folder / "runs.sqlite3"
    with Terminal("open", "mine:slow", "40", "--db", database, size=(100, 30)) as first:
        first.see("running")
        first.send("c")
        first.until(lambda: database.exists() and saved_steps(database) >= 10)
        with Terminal("watch", "--db", database, size=(100, 30)) as second:
            second.see(f"watching pid {first.pid}")
            second.see("25.0 %")
            (folder / "go").touch()
            second.see("complete")
            second.send("q")
            assert second.wait() == 0
        first.see("complete")
        first.send("q")
        assert first.wait() == 0


def saved_steps(database: Path) -> int:
    """Return the steps in the newest checkpoint of the run of `slow`."""
    kind = GeneratorKind(lambda goal, number=0: iter(()), "slow", 1)
    with CheckpointStore.open(str(database), kind, write=False) as store:
        return max((c.steps for run in store.runs() for c in store.checkpoints(run)), default=0)
