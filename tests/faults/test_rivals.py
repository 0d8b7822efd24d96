"""More than one pi-tui, and other programs, at the same file at the same time."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Tally
from tests.faults.driver import KIND, Task
from tests.faults.lab import Child, child, judge
from tests.helpers import pi

COPIES = 8


def start_at_once(stack: ExitStack, tasks: list[Task]) -> list[Child]:
    copies = [stack.enter_context(child(task)) for task in tasks]
    for copy in copies:
        copy.hear_until("ready")
    for copy in copies:
        copy.go()
    return copies


def test_one_of_eight_processes_started_together_runs_and_seven_exit_with_code_3(
    db: str, tmp_path: Path, tally: Tally
) -> None:
    link = tmp_path / "link.db"
    link.symlink_to(db)
    names = [db, str(link)] * (COPIES // 2)
    with ExitStack() as stack:
        copies = start_at_once(stack, [Task(name, hold=True, forever=True) for name in names])
        refused = [copy for copy in copies if copy.hear()[0] == "error"]  # type: ignore[index]
        (winner,) = (copy for copy in copies if copy not in refused)
        assert [copy.hear_out() for copy in refused] == [3] * (COPIES - 1)
        words = [copy.messages[-1][2] for copy in refused]
        # A process that fails before the winner has written its name cannot print that name.
        told = "the run of 8,000 digits is already open in another process"
        named = f"{told} (pid {winner.pid} on "
        assert all(word.startswith((named, f"{told};")) for word in words)
        winner.hear_until("saved")
        winner.kill()
    tally("8 starts at once, half through a link", 1, "1 runs, 7 refused with exit 3")
    assert judge(db, winner.acked) == ""


def test_eight_processes_without_locks_finish_or_exit_with_3_and_leave_right_digits(
    db: str, much: int, tally: Tally
) -> None:
    for n in range(2 * much):
        task = Task(f"{db}{n}", 3000, hold=True, patience=50, sabotage=("no-lock", "busy=1"))
        with ExitStack() as stack:
            copies = start_at_once(stack, [task] * COPIES)
            codes = sorted(copy.hear_out() for copy in copies)
        assert codes[0] == 0, [copy.messages[-1] for copy in copies]
        assert set(codes[1:]) <= {0, 3}, [copy.messages[-1] for copy in copies]
        assert judge(task.location, 3000, 3000) == ""
    tally("8 starts at once, no lock", 2 * much, "the last to open finishes, others exit 3")


def overtake(db: str, idle: bool, *broken: str) -> tuple[int, str, bool]:
    """Suspend a writer, let another take its run over, and continue the first.

    Returns the exit code of the first, what is wrong with the file, or "", and whether the other
    took the run over and saved it.
    """
    task = Task(db, 500 if idle else 8_000, patience=20, sabotage=("no-lock", "busy=0.5"))
    chance = random.Random(db)
    pause = 0.15 if idle else 0.0
    with child(replace(task, pause=pause, sabotage=(*task.sabotage, *broken))) as stopped:
        for _ in range(3):
            stopped.hear_until("saved")
        time.sleep(chance.random() * 0.01)
        stopped.signal(signal.SIGSTOP)
        with child(replace(task, saves=8, patience=1, pause=0.0)) as overtaker:
            code = overtaker.hear_out()
        stopped.signal(signal.SIGCONT)
        end = stopped.hear_out()
    if code == 6:  # stopped within a commit: the file was locked
        assert "another program is using" in overtaker.messages[-1][2]
        return end, judge(db, stopped.acked, task.digits), False
    has_saved = code == 0 and overtaker.said("saved") != []
    return end, judge(db, overtaker.acked, task.digits), has_saved


def test_suspended_writer_cannot_save_after_another_took_its_run_over(
    db: str, much: int, tally: Tally
) -> None:
    times = 6 * much
    ends = [overtake(f"{db}{n}", idle=n % 2 == 0) for n in range(times)]
    assert {fault for _, fault, _ in ends} == {""}
    assert {code for code, _, _ in ends} <= {0, 3}
    assert {code for code, _, is_overtaken in ends if is_overtaken} == {3}
    fenced = [code for code, _, _ in ends].count(3)
    tally("SIGSTOP, overtaken, SIGCONT", times, f"{fenced} fenced, others held the file; 0 lost")
    assert fenced > 0


def test_control_writer_that_never_checks_for_a_takeover_goes_on_writing_after_one(
    db: str, tally: Tally
) -> None:
    ends = [overtake(f"{db}{n}", True, "no-fence") for n in range(2)]
    spoilt = [end for end in ends if end[0] != 3]
    tally("  control: no fence", 2, f"{len(spoilt)} went on writing beside the other")
    assert spoilt != []


def test_run_whose_file_is_locked_for_a_while_says_so_and_completes(db: str, tally: Tally) -> None:
    with child(Task(db, steps=5, patience=200, pause=0.05, sabotage=("busy=0.2",))) as writer:
        writer.hear_until("saved")
        with closing(sqlite3.connect(db, timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            told = writer.hear_until("failed")[1]
            other.execute("COMMIT")
        assert writer.hear_out() == 0
    assert "another program is using" in told
    assert judge(db, 8000) == ""
    tally("another program holds the file", 1, "told, saved when it was free")


def test_four_run_commands_started_together_for_one_run_finish_or_are_refused(
    db: str, tmp_path: Path, tally: Tally
) -> None:
    outputs = [tmp_path / f"{n}.txt" for n in range(4)]
    command = [sys.executable, "-m", "pi_tui", "run", "--db", db, "--digits", "20000", "-o"]
    programs = [
        subprocess.Popen([*command, str(output)], stderr=subprocess.PIPE, text=True)
        for output in outputs
    ]
    ends = [(program.communicate(timeout=60)[1], program.returncode) for program in programs]
    for (said, code), output in zip(ends, outputs, strict=True):
        assert code in (0, 3), said
        assert code == 0 or "already open" in said
        assert code == 3 or output.read_bytes().strip() == b"3." + pi(100_000)[:20_000]
    won = [code for _, code in ends].count(0)
    tally("4 times `pi-tui run` at once", 1, f"{won} finished, {4 - won} refused with exit 3")
    assert won >= 1
    assert judge(db, 20_000, 20_000, thorough=True) == ""


@pytest.mark.parametrize("order", ["reader first", "writer first"])
def test_reader_beside_a_writer_sees_no_half_save_in_forty_looks(order: str, db: str) -> None:
    from pi_tui.checkpoints.store import CheckpointStore

    with child(Task(db, forever=True, patience=50)) as writer:
        writer.hear_until("saved")
        for _ in range(40):
            if order == "writer first":
                writer.hear_until("saved")
            with CheckpointStore.open(db, KIND, write=False) as store:
                run = store.latest_run()
                assert run is not None
                loaded = store.load(run)
            assert loaded.notes == ()
            assert loaded.output == pi(100_000)[: len(loaded.output)]
        writer.kill()
