"""SIGKILL: at random moments, and at chosen writes, syncs, truncations and unlinks."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Tally
from tests.faults.driver import READING_BACK, Task
from tests.faults.lab import child, finish, judge, side_by_side, straced

KILL_SECONDS = 60.0
CALLS = "pwrite64,fdatasync,fsync,unlink,ftruncate"


def kill_at_random(task: Task, seconds: float, stop_at_first: bool) -> tuple[int, list[str]]:
    """Kill processes at random moments for some seconds; return how often, and all faults found.

    With `stop_at_first`, stop after the first fault.
    """
    chance = random.Random(1)
    kills, deadline = 0, time.monotonic() + seconds
    faults: list[str] = []
    while time.monotonic() < deadline and not (faults and stop_at_first):
        with child(task) as victim:
            victim.hear_until("saved")
            begun, saves = time.monotonic(), chance.randint(1, 4)
            for _ in range(saves):
                victim.hear_until("saved")
            one_save = (time.monotonic() - begun) / saves
            time.sleep(chance.random() * one_save)  # the moment of the kill: in the next one
            victim.kill()
        kills += 1
        if fault := judge(task.location, victim.acked, task.digits):
            faults.append(fault)
    return kills, faults


@pytest.mark.timeout(1200)
def test_kills_at_random_moments_lose_nothing_saved(db: str, much: int, tally: Tally) -> None:
    spilling = Task(f"{db}2", 20_000, boxes_per_block=512, forever=True, sabotage=("cache=2",))
    reading = Task(f"{db}3", forever=True, **READING_BACK)
    tasks, seconds = [Task(db, forever=True), spilling, reading], KILL_SECONDS * much
    tried = side_by_side(lambda task: kill_at_random(task, seconds, False), tasks)
    kills, faults = sum(n for n, _ in tried), [fault for _, found in tried for fault in found]
    tally("SIGKILL at random moments", kills, f"{len(faults)} lost or damaged")
    assert faults == []
    assert [finish(task) for task in tasks] == ["", "", ""]


def test_random_kills_damage_a_database_whose_journal_is_off(db: str, tally: Tally) -> None:
    task = Task(db, 20_000, boxes_per_block=512, forever=True, sabotage=("journal=OFF", "cache=2"))
    kills, faults = kill_at_random(task, 60.0, True)
    tally("  control: journal OFF", kills, f"{len(faults)} damaged")
    assert faults != []


@pytest.mark.usefixtures("strace")
@pytest.mark.timeout(1200)
def test_kill_at_a_write_sync_truncation_or_unlink_loses_nothing_saved(
    folder: Path, much: int, tally: Tally
) -> None:
    def kill_at(call: str, n: int) -> str:
        task = Task(str(folder / f"{call}{n}.db"), saves=5)
        acked = disturbed(task, f"inject={call}:signal=KILL:when={n}")
        fault = judge(task.location, acked) or (finish(task) if n % 10 == 0 else "")
        return f"{call} {n}: {fault}" if fault else ""

    counts = system_calls(Task(str(folder / "count.db"), saves=5))
    points = points_of(counts, 2 if much == 1 else 1)
    faults = [fault for fault in side_by_side(lambda point: kill_at(*point), points) if fault]
    tally("SIGKILL at the N-th write, sync, unlink", len(points), f"{len(faults)} lost or damaged")
    assert faults == []
    assert len(points) > 50


@pytest.mark.usefixtures("strace")
def test_kill_between_writes_does_damage_if_the_journal_is_off(db: str, tally: Tally) -> None:
    faults = []
    for n in range(30, 40):
        task = Task(f"{db}{n}", saves=5, sabotage=("journal=OFF",))
        acked = disturbed(task, f"inject=pwrite64:signal=KILL:when={n}")
        faults += [fault] if (fault := judge(task.location, acked)) else []
    tally("  control: journal OFF", 10, f"{len(faults)} lost or damaged")
    assert faults != []


def system_calls(task: Task, calls: str = CALLS) -> Counter[str]:
    """Run the task undisturbed; count its system calls on its files, of the given names."""
    log = f"{task.location}.log"
    paths = paths_of(task)
    with child(replace(task, hold=True)) as watched:
        watched.hear_until("ready")
        with straced(watched.pid, log, "-e", f"trace={calls}", *paths):
            watched.go()
            assert watched.hear_out() == 0
    return Counter(re.findall(r"^(\w+)\(", Path(log).read_text(), re.MULTILINE))


def points_of(counts: Counter[str], stride: int) -> list[tuple[str, int]]:
    """Return every call with its number; of the many writes only every `stride`-th."""
    return [
        (call, n)
        for call, count in sorted(counts.items())
        for n in range(1, count + 1, stride if call == "pwrite64" else 1)
    ]


def paths_of(task: Task) -> list[str]:
    """Return strace options that select calls on the task's database, journal and folder."""
    folder = Path(task.location).parent
    return [f"-P{path}" for path in (task.location, f"{task.location}-journal", folder)]


def disturbed(task: Task, inject: str) -> int:
    """Run the task with a fault in one system call; return the number of digits acknowledged."""
    with child(replace(task, hold=True)) as victim:
        victim.hear_until("ready")
        with straced(
            victim.pid, "/dev/null", "-e", f"trace={CALLS}", "-e", inject, *paths_of(task)
        ):
            victim.go()
            victim.hear_out()
    return victim.acked
