"""`carry_on(…, to=FILE)`: the file gets the whole output, or is not changed."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from pi_tui import Poll, Task, unwatched
from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import StorageError
from tests.examples.helpers import ended, running
from tests.helpers import PI_TUI, wait_until
from tests.tiny import Walk, Walks

TASK = Walks().task()
WHOLE = Walks().new(TASK).finalize()


class Breaking(Walks):
    """Walks that break in the middle."""

    def new(self, task: Task) -> Walk:
        class Broken(Walk):
            def step(self, poll: Poll = unwatched) -> None:
                if self.steps == 20:
                    raise ValueError("broken")
                super().step(poll)

        return Broken(task)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if "sqlite3" not in path.name}


def test_output_file_gets_the_whole_output_also_of_a_complete_run(database: Path) -> None:
    target = database.parent / "out.txt"
    for _ in range(2):
        assert carry_on(Walks(), TASK, str(database), to=str(target)) == (0, WHOLE)
        assert target.read_bytes() == WHOLE
    assert names(database.parent) == {"out.txt"}


@pytest.mark.parametrize("before", [None, b"of another day\n"])
def test_output_file_is_unchanged_if_the_machine_fails(
    before: bytes | None, database: Path
) -> None:
    target = database.parent / "out.txt"
    if before:
        target.write_bytes(before)
    code, output = carry_on(Breaking(), TASK, str(database), to=str(target))
    assert (code, output) == (1, b"")
    assert (target.read_bytes() if target.exists() else None) == before
    assert names(database.parent) <= {"out.txt"}
    assert carry_on(Walks(), TASK, str(database), to=str(target)) == (0, WHOLE)
    assert target.read_bytes() == WHOLE


def test_unusable_output_file_is_reported_before_anything_is_computed(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = database.parent / "no" / "out.txt"
    code, output = carry_on(Walks(), TASK, str(database), to=str(target))
    assert code in (2, 6)
    assert output == b""
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not database.exists()


def test_output_file_that_is_the_database_is_refused(database: Path) -> None:
    assert carry_on(Walks(), TASK, str(database))[0] == 0
    kept = database.read_bytes()
    code, _ = carry_on(Walks(), TASK, str(database), to=str(database))
    assert code == 2
    assert database.read_bytes() == kept


SLOW = """
import time
from pathlib import Path
from pi_tui import carry_on, resumable

@resumable
def slow(goal, at=0):
    while at < goal:
        while at == goal - 1 and not Path("go").exists():
            time.sleep(0.01)
            yield {"at": at}, None
        at += 1
        yield {"at": at}, f"{at} "

code, output = carry_on(slow.kind, slow.task(60), "slow.sqlite3", every_output=20, to="out.txt")
"""


def test_killed_program_leaves_the_output_file_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out.txt").write_text("of another day")
    Path("slow.py").write_text(SLOW)
    with running("slow.py") as child:
        wait_until(Path("slow.sqlite3").exists)
        child.kill()
        child.wait()
    assert Path("out.txt").read_text() == "of another day"
    assert names(tmp_path) == {"out.txt", "slow.py"}
    Path("go").touch()
    done = ended("slow.py")
    assert done.returncode == 0, done.stderr
    assert Path("out.txt").read_text() == "".join(f"{n} " for n in range(1, 61))
    assert names(tmp_path) == {"out.txt", "slow.py", "go"}


def test_full_disk_under_the_output_file_loses_neither_returned_nor_saved_output(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for is_saved in (False, True):
        assert carry_on(Walks(), TASK, str(database), to="/dev/full") == (6, WHOLE)
        told = capsys.readouterr().err
        assert ("so nothing was computed" in told) == is_saved
        assert "No space left on device" in told
        assert told.rstrip().endswith("choose another file"), "a program may have no option -o"


def test_output_file_gets_the_whole_output_though_the_database_has_no_room_for_it(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pi_tui.carry_on.PATIENCE", 0.01)
    monkeypatch.setattr(CheckpointStore, "save", no_room)
    target = database.parent / "out.txt"
    assert carry_on(Walks(), TASK, str(database), to=str(target)) == (6, WHOLE)
    assert target.read_bytes() == WHOLE


PRINTS = """
from pi_tui import carry_on, resumable

@resumable
def three(goal, at=0):
    while at < goal:
        at += 1
        yield {"at": at}, f"{at} "

print("before")
carry_on(three.kind, three.task(3), "three.sqlite3", to="/dev/stdout")
print("after")
"""


def test_output_to_dev_stdout_comes_after_what_the_program_printed_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prints.py").write_text(PRINTS)
    assert ended("prints.py").stdout == "before\n1 2 3 after\n"


def no_room(*_: object, **__: object) -> NoReturn:
    raise StorageError("disk full")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_output_to_dev_stdout_is_appended_to_the_file_it_stands_for(
    name: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    command = ["run", "--digits", "5", "--db", str(tmp_path / "pi.sqlite3"), "-o", name]
    script = f"echo before; {shlex.join([*PI_TUI, *command])}; echo after"
    log.write_text("kept\n")
    subprocess.run(["sh", "-c", f"({script}) >> {log} 2>/dev/null"], check=True)
    assert log.read_text() == "kept\nbefore\n3.14159\nafter\n"
