"""An SQLite file shrinks when a run is complete or deleted, and nothing is lost by that."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.saved_runs import delete_run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind, Machine, Piece, Poll, State, Task, unwatched

MIB = 2**20


class Large(Machine):
    """A machine of five steps; its state has as many MiB as the goal says, all new at each step."""

    def __init__(self, task: Task, steps: int = 0, output: bytes = b"") -> None:
        self.task, self.steps, self.output = task, steps, output

    @property
    def done(self) -> bool:
        return self.steps == 5

    def step(self, poll: Poll = unwatched) -> None:
        self.output += b"%d" % self.steps * int(self.task.parameters.get("line", 1))
        self.steps += 1

    def to_state(self) -> State:
        data = [b"%d %d" % (self.steps, n) for n in range(self.task.goal)]
        return State({f"p{n}": Piece(text.ljust(MIB)) for n, text in enumerate(data)})


class Larges(Kind):
    name = "large"

    def new(self, task: Task) -> Large:
        return Large(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Large:
        return Large(task, int(state["p0"].split()[0]), output)


TASK = Task(20)
WHOLE = b"01234"


def compute(database: Path, task: Task = TASK) -> tuple[int, bytes]:
    return carry_on(Larges(), task, str(database), every_output=1)


def problems(database: Path) -> list[str]:
    with CheckpointStore.open(str(database), Larges(), write=False) as store:
        return store.check()


def test_file_of_a_complete_run_with_little_output_is_smaller_than_one_mib(database: Path) -> None:
    assert compute(database) == (0, WHOLE)
    assert database.stat().st_size < MIB
    assert problems(database) == []
    assert compute(database) == (0, WHOLE)


def test_database_file_shrinks_when_a_run_is_deleted(database: Path) -> None:
    with CheckpointStore.open(str(database), Larges()) as store:
        run, machine = store.open_run(TASK), Large(TASK)
        machine.step()
        store.save(run, machine, 1.0)
    assert database.stat().st_size > 20 * MIB
    delete_run(str(database), Larges(), TASK)
    assert database.stat().st_size < MIB


def test_file_is_not_shrunk_while_another_connection_reads_it_but_later(database: Path) -> None:
    with CheckpointStore.open(str(database), Larges()) as store:
        run, machine = store.open_run(TASK), Large(TASK)
        while not machine.done:
            machine.step()
            store.save(run, machine, 1.0)
        store.complete(run, machine, 1.0, verified=False)
        with closing(sqlite3.connect(database, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM pi_run").fetchone() == (1,)
            store.shrink()
            assert database.stat().st_size > 20 * MIB
        store.shrink()
        assert database.stat().st_size < MIB
    assert problems(database) == []


def test_another_writer_can_save_after_the_file_was_shrunk(database: Path) -> None:
    other = Task(3)
    with CheckpointStore.open(str(database), Larges()) as store:
        run, machine = store.open_run(other), Large(other)
        machine.step()
        store.save(run, machine, 1.0)
        assert compute(database) == (0, WHOLE)
        assert database.stat().st_size < 8 * MIB
        while not machine.done:
            machine.step()
            store.save(run, machine, 1.0)
        store.complete(run, machine, 1.0, verified=False)
    assert problems(database) == []
    assert compute(database, other) == (0, WHOLE)


def test_file_with_many_pages_in_use_is_not_shrunk(database: Path) -> None:
    task = Task(90, {"line": 7 * MIB})  # 35 MiB of output
    assert compute(database, task)[0] == 0
    assert database.stat().st_size > 90 * MIB


SHRINK = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.checkpoints.test_room import Larges
from pi_tui.checkpoints.store import CheckpointStore
with CheckpointStore.open(sys.argv[1], Larges()) as store:
    print("open", flush=True)
    store.shrink()
"""


def test_kill_as_a_file_is_shrunk_leaves_it_sound_and_whole(tmp_path: Path) -> None:
    full, task = tmp_path / "full", Task(40, {"line": 2**22})
    with CheckpointStore.open(str(full), Larges()) as store:
        run, machine = store.open_run(task), Large(task)
        while not machine.done:
            machine.step()
            store.save(run, machine, 1.0)
        store.complete(run, machine, 1.0, verified=False)
    for life in range(50):
        db = tmp_path / f"{life}"
        shutil.copy(full, db)
        if killed_in_the_middle(db, after=2**20 * (1 + life % 19)):
            break
        db.unlink()
    else:
        pytest.fail("no kill came in the middle")
    with CheckpointStore.open(str(db), Larges()) as store:
        run = store.runs()[0]
        assert store.load(run).output == machine.output
        assert store.check() == []
        store.shrink()
    assert db.stat().st_size < 21 * MIB


def killed_in_the_middle(db: Path, after: int) -> bool:
    """Kill a process that shrinks the file, once its journal has `after` bytes.

    Returns True if the kill left a journal, so came in the middle.
    """
    journal = Path(f"{db}-journal")
    command = [sys.executable, "-c", SHRINK, str(db)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        while child.poll() is None and size_of(journal) < after:
            pass
        child.kill()
    return size_of(journal) > 0


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
