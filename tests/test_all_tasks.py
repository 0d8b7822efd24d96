"""Many tasks by `carry_on_all`: results, failures, other processes, signals and progress."""

from __future__ import annotations

import io
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui import Kind, Poll, Refused, Task, all_tasks, carry_on_all, unwatched
from pi_tui.carry_on import carry_on
from pi_tui.checkpoints.locking import lock
from pi_tui.checkpoints.locking.file_lock import FileLock
from pi_tui.recipes.program import resumable
from pi_tui.reports import status_line
from pi_tui.reports.progress import TasksProgress
from pi_tui.reports.status_line import status_line_on
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import Snapshot, State
from tests.examples.helpers import running
from tests.helpers import wait_until
from tests.tiny import Walk, Walks


@resumable
def rising(goal: int, at: int = 0, *, by: int = 1) -> Iterator[Any]:
    while at < goal:
        at += 1
        yield {"at": at}, f"{at * by}\n", at / goal


KIND = rising.kind
TASKS = [KIND.task(3, by=by) for by in (5, 1, 3)]
OUTPUTS = dict(zip(TASKS, (b"5\n10\n15\n", b"1\n2\n3\n", b"3\n6\n9\n"), strict=True))


class Choosy(Walks):
    """Walks of which some fail, depending on the goal."""

    def new(self, task: Task) -> Walk:
        if task.goal == 7:
            raise Refused("seven is not taken; choose another")
        return Failing(task) if task.goal == 9 else Walk(task)


class Failing(Walk):
    def step(self, poll: Poll = unwatched) -> None:
        raise ValueError("nine breaks")


class Waiting(Walks):
    """Walks that wait until the test releases them."""

    def __init__(self) -> None:
        self.gate, self.made = threading.Event(), 0

    def new(self, task: Task) -> Walk:
        self.made += 1
        kind = self

        class Gated(Walk):
            def step(self, poll: Poll = unwatched) -> None:
                assert kind.gate.wait(60)
                super().step(poll)

        return Gated(task)


def test_all_outputs_are_returned_in_the_order_of_the_tasks(database: Path) -> None:
    for _ in range(2):  # the second time from the database
        code, outputs = carry_on_all(KIND, TASKS, str(database))
        assert (code, list(outputs.items())) == (0, list(OUTPUTS.items()))


def test_tasks_whose_parameters_are_equal_but_of_other_type_or_sign_are_each_computed(
    database: Path,
) -> None:
    @resumable
    def told(goal: int, at: int = 0, *, by: float = 1) -> Iterator[Any]:
        yield {"at": goal}, repr(by), 1

    tasks = [told.task(1, by=by) for by in (1, 1.0, True, 0.0, -0.0)]
    outputs = told.run_all(tasks, db=database)
    assert [outputs[task] for task in tasks] == [b"1", b"1.0", b"True", b"0.0", b"-0.0"]


def test_run_all_computes_all_tasks_and_exits_with_6_in_a_missing_folder(database: Path) -> None:
    tasks = [rising.task(3, by=by) for by in (5, 1, 3)]
    assert rising.run_all(tasks, db=str(database)) == OUTPUTS
    with pytest.raises(SystemExit) as left:
        rising.run_all(tasks, db=str(database / "no" / "db"))
    assert left.value.code == 6


def test_complete_tasks_are_not_computed_again_and_new_ones_are(database: Path) -> None:
    kind = Waiting()
    kind.gate.set()
    first, second = kind.task(27), kind.task(11)
    assert carry_on_all(kind, [first], str(database))[0] == 0
    code, outputs = carry_on_all(kind, [first, second, first], str(database))
    assert (code, list(outputs), kind.made) == (0, [first, second], 2)


def test_carry_on_all_without_tasks_returns_code_0_and_makes_no_database(database: Path) -> None:
    assert carry_on_all(KIND, [], str(database)) == (0, {})
    assert not database.exists()


def test_carry_on_all_prints_no_note_about_other_runs_if_these_belong_to_its_own_tasks(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert carry_on_all(KIND, TASKS, str(database))[0] == 0
    assert capsys.readouterr().err == ""


def test_failed_tasks_are_named_and_the_others_are_computed(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind = Choosy()
    tasks = [kind.task(goal) for goal in (9, 7, 27, 11)]
    code, outputs = carry_on_all(kind, tasks, str(database))
    assert list(outputs) == tasks[2:]
    err = capsys.readouterr().err
    assert "walk 7: seven is not taken; choose another\n" in err
    assert "walk 9: step 1 raised ValueError('nine breaks'); saved step 0\n" in err
    assert err.count("Traceback (most recent call last)") == 1, "a refusal is no crash"
    assert 'raise ValueError("nine breaks")' in err
    first = err.index("walk 9:") < err.index("walk 7:")
    assert code == (1 if first else 2)


def test_task_that_another_thread_computes_is_awaited_not_repeated(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kind, both, found = Waiting(), Waiting(), dict[str, Any]()
    both.gate.set()
    task, other = kind.task(27), kind.task(11)

    def compute_one() -> None:
        found["one"] = carry_on(kind, task, str(database))

    def compute_both() -> None:
        found["both"] = carry_on_all(both, [task, other], str(database))

    first = threading.Thread(target=compute_one)
    first.start()
    wait_until(lambda: kind.made)
    second = threading.Thread(target=compute_both)
    second.start()
    wait_until(lambda: _is_complete(database, other))
    assert second.is_alive()
    kind.gate.set()
    first.join(60)
    second.join(60)
    whole = {one: Walks().new(one).finalize() for one in (task, other)}
    assert found == {"one": (0, whole[task]), "both": (0, whole)}
    assert (kind.made, both.made) == (1, 1), "the second makes only `other`"


def _is_complete(database: Path, task: Task) -> bool:
    from pi_tui.checkpoints.store import CheckpointStore

    with CheckpointStore.open(str(database), Walks(), write=False) as store:
        return bool(store.complete_runs([task]))


def test_damaged_output_of_a_complete_task_is_computed_again(database: Path) -> None:
    import sqlite3
    from contextlib import closing

    carry_on_all(KIND, TASKS, str(database))
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("UPDATE pi_output SET data = x'00' WHERE run_id = 2")
    assert carry_on_all(KIND, TASKS, str(database)) == (0, OUTPUTS)


@pytest.mark.parametrize(
    ("location", "code"), [("no/such/folder/db", 6), ("strange.txt", 7), ("nosuch://x", 2)]
)
def test_unusable_location_is_reported_in_one_line(
    location: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("strange.txt").write_text("a letter to a friend\n" * 40)
    assert carry_on_all(KIND, TASKS, location) == (code, {})
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_carry_on_all_fails_with_code_3_only_while_the_database_stays_locked(
    database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(all_tasks, "PATIENCE", 0.1)
    monkeypatch.setattr(lock, "MIGRATING", 0.1)
    other = FileLock(Path(f"{database}.lock"))
    assert other.take(), "as while it changes the tables"
    assert carry_on_all(KIND, TASKS, str(database)) == (3, {})
    assert "already open" in capsys.readouterr().err
    other.release()
    assert carry_on_all(KIND, TASKS, str(database)) == (0, OUTPUTS)


SLOW = """
import sys, time
from pi_tui import carry_on_all, resumable

@resumable
def slow(goal, at=0, *, seed):
    while at < goal:
        at += 1
        time.sleep(0.02)
        yield {"at": at}, f"{at}\\n"

tasks = [slow.kind.task(3, seed=1), slow.kind.task(100_000, seed=2)]
code, outputs = carry_on_all(slow.kind, tasks, "slow.sqlite3", every_seconds=0.05)
sys.exit(code)
"""


def saved(database: str) -> int:
    from pi_tui.checkpoints.saved_runs import list_runs
    from pi_tui.errors import PiTuiError

    try:
        kind: Kind = resumable(name="slow")(lambda goal: iter(())).kind
        return max((run.committed for run in list_runs(database, kind) if run.goal > 3), default=0)
    except PiTuiError:
        return 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_ends_carry_on_all_which_reports_what_is_saved_and_how_to_resume(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("slow.py").write_text(SLOW)
    with running("slow.py") as child:
        wait_until(lambda: saved("slow.sqlite3"))
        child.send_signal(number)
        _, err = child.communicate(timeout=60)
    assert child.returncode == 128 + number
    *_, left, last = err.splitlines()
    assert left.startswith("slow 100,000 seed=2: saved ")
    assert last.endswith("slow.py` goes on from there")
    assert "Traceback" not in err


def snapshot(**changes: Any) -> Snapshot:
    return Snapshot(State.RUNNING, 3, MAX, **changes)


def test_progress_outside_a_terminal_counts_complete_tasks_and_names_the_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_line, "LINE_SECONDS", 0.0)
    stream = io.StringIO()
    with status_line_on(stream) as line:
        shown = TasksProgress(line, KIND, 40)
        shown.complete = 12
        shown.begin(TASKS[0])
        shown.show(snapshot(done=0.455, left=65.0))
        shown.show(snapshot(steps=1_234, notes=("an older checkpoint is used",)))
        shown.show_text("waiting for 2 that other processes compute")
    assert stream.getvalue().splitlines() == [
        "12 of 40 complete; rising 3 by=5: 45.5 %, 1 min 05 s left",
        "rising 3 by=5: note: an older checkpoint is used",
        "12 of 40 complete; rising 3 by=5: step 1,234",
        "12 of 40 complete; waiting for 2 that other processes compute",
    ]


class Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_progress_of_tasks_ends_without_error_when_its_stream_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status_line, "LINE_SECONDS", 0.0)
    with status_line_on(Full()) as line:
        shown = TasksProgress(line, KIND, 2)
        shown.begin(TASKS[0])
        shown.show(snapshot())
        shown.tell("never seen")
