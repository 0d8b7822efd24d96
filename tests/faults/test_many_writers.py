"""Several processes compute different runs of one database, and are killed at random."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.checkpoints.server import Server
from tests.faults.conftest import Tally
from tests.faults.driver import Task
from tests.faults.lab import child, judge

pytestmark = pytest.mark.timeout(1200)


def killed_to_the_end(task: Task, kills: int) -> tuple[list[str], str]:
    """Compute a run with repeated kills; return what went wrong meanwhile, and what at the end."""
    chance, told, acked = random.Random(task.digits), list[str](), 0
    for life in range(kills + 1):
        with child(task) as process:
            for _ in range(chance.randrange(12) if life < kills else 0):
                if process.hear() is None:
                    break
            if life < kills:
                process.kill()
            elif code := process.hear_out():
                return told, f"exit {code}: {process.messages[-1]}"
            if (found := process.said("loaded")) and found[0] < acked:
                told.append(f"lost: {found[0]} digits of {acked} acknowledged")
            acked = max(acked, process.acked)
            told += process.said("failed")
            told += [str(words) for words in process.messages if words[0] == "error"]
    return told, judge(task.location, acked, task.digits)


def side_by_side(location: str, writers: int, kills: int) -> None:
    tasks = [Task(location, 1_500 + 64 * n, steps=2) for n in range(writers)]
    with ThreadPoolExecutor(writers) as lanes:
        ends = list(lanes.map(lambda task: killed_to_the_end(task, kills), tasks))
    assert ends == [([], "")] * writers
    for task in tasks:
        assert judge(location, task.digits, task.digits, thorough=True) == ""


@pytest.mark.parametrize("writers", [3, 8])
def test_killed_writers_of_different_runs_in_one_file_lose_nothing_saved(
    writers: int, db: str, much: int, tally: Tally
) -> None:
    kills = 4 * much
    side_by_side(db, writers, kills)
    tally(
        f"{writers} processes on one file, SIGKILL at random", writers * kills, "0 lost, 0 refused"
    )


@pytest.mark.parametrize("writers", [3, 8])
def test_killed_writers_of_different_runs_on_a_server_lose_nothing_saved(
    writers: int, postgres: Server, much: int, tally: Tally
) -> None:
    kills = 4 * much
    side_by_side(postgres.new_database(), writers, kills)
    tally(f"{writers} processes on PostgreSQL, SIGKILL", writers * kills, "0 lost, 0 refused")


def eight_in_a_hurry(db: str, *sabotage: str) -> list[int]:
    """Run eight processes that save often, with a 0.5 s time-out of SQLite; return exit codes."""
    numbers = {"digits_per_step": 8, "saves": 40, "sabotage": ("busy=0.5", *sabotage)}

    def code(n: int) -> int:
        with child(Task(db, 20_000 + 64 * n, **numbers)) as process:  # type: ignore[arg-type]
            return process.hear_out()

    with ThreadPoolExecutor(8) as lanes:
        return list(lanes.map(code, range(8)))


def test_eight_writers_save_forty_times_each_and_none_is_refused(db: str, tally: Tally) -> None:
    assert eight_in_a_hurry(db) == [0] * 8
    tally("8 processes save without a pause, SQLite waits 0.5 s", 320, "0 refused")


def test_control_experiment_with_only_sqlites_time_out_refuses_some_of_eight_writers(
    db: str, tally: Tally
) -> None:
    codes = eight_in_a_hurry(db, "no-turns")
    tally("  control: its time-out alone", 8, f"{codes.count(6)} refused")
    assert 6 in codes
