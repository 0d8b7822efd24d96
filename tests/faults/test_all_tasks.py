"""Processes share forty tasks of one database, are killed at random, and the server restarts."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.checkpoints.server import Server
from tests.faults.conftest import Tally
from tests.helpers import wait_until

pytestmark = pytest.mark.timeout(900)

TASKS = 40
STEPS = 12
PROGRAM = '''
import json, os, sys, time
from pi_tui import Kind, Machine, State, Task, carry_on_all, unwatched

log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Sum(Machine):
    """The sum of 1 … goal, one number a step; each thing it does is a line of the log."""

    def __init__(self, task, steps=0, total=0, output=b""):
        self.task, self.steps, self.total, self.output = task, steps, total, output
        self.tell("begin")

    def tell(self, what):
        seed = self.task.parameters["seed"]
        os.write(log, f"{seed} {os.getpid()} {what} {self.steps}\\n".encode())

    @property
    def done(self):
        return self.steps == self.task.goal

    def step(self, poll=unwatched):
        time.sleep(0.01)
        total = self.total + (self.steps + 1) * self.task.parameters["seed"]
        self.output += b"%d\\n" % total
        self.total, self.steps = total, self.steps + 1
        self.tell("step")

    def to_state(self):
        self.tell("state")
        return State.of(b"%d %d" % (self.steps, self.total))

class Sums(Kind):
    name = "sum"

    def new(self, task):
        return Sum(task)

    def from_state(self, task, state, output):
        return Sum(task, *map(int, state.data.split()), output)

tasks = [Task(int(sys.argv[4]), {"seed": seed}) for seed in range(int(sys.argv[3]))]
code, outputs = carry_on_all(Sums(), tasks, sys.argv[1], every_seconds=0.03)
print(json.dumps([output.decode() for output in outputs.values()]))
sys.exit(code)
'''
EXPECTED = [
    "".join(f"{seed * n * (n + 1) // 2}\n" for n in range(1, STEPS + 1)) for seed in range(TASKS)
]


class Crowd:
    """Several processes that run the same program on the same database."""

    def __init__(self, folder: Path, location: str, count: int) -> None:
        self.log = folder / "log"
        self.log.touch()
        (folder / "sums.py").write_text(PROGRAM)
        self._command = [sys.executable, "-W", "error", str(folder / "sums.py"), location]
        self._command += [str(self.log), str(TASKS), str(STEPS)]
        self._members = [self._start() for _ in range(count)]
        self.lost_the_server = 0

    def _start(self) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        return subprocess.Popen(self._command, stdout=pipe, stderr=pipe, text=True)

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()]

    def kill_one(self, chance: random.Random) -> None:
        """Kill a process at a random moment after some progress, and start another."""
        wanted = len(self.lines()) + chance.randrange(5, 60)
        wait_until(lambda: len(self.lines()) >= wanted or self._is_over(), limit=120)
        place = chance.randrange(len(self._members))
        self._members[place].kill()
        self._members[place].communicate()
        self._members[place] = self._start()

    def _is_over(self) -> bool:
        return any(member.poll() == 0 for member in self._members)

    def results(self, *, may_lose_the_server: bool) -> Iterator[tuple[int, list[str], str]]:
        """Yield exit code, outputs and errors of each process; restart one that lost the server."""
        for member in self._members:
            out, err = member.communicate(timeout=240)
            if member.returncode == 6 and may_lose_the_server:
                self.lost_the_server += 1
                member = self._start()
                out, err = member.communicate(timeout=240)
            yield member.returncode, json.loads(out or "[]"), err

    def end(self) -> None:
        for member in self._members:
            member.kill()
            member.communicate()


def judge(lines: list[list[str]], *, strictly: bool) -> int:
    """Return the number of steps made twice; fail if a task went on from an unsaved step.

    With `strictly`, fail also if a task lost more than the save that was under way.
    """
    tasks: defaultdict[str, list[list[str]]] = defaultdict(list)
    for seed, *rest in lines:
        tasks[seed].append(rest)
    twice = 0
    for seed, events in tasks.items():
        handed_out, before = [0], 0
        for _pid, what, text in events:
            step = int(text)
            if what == "begin":
                assert step in handed_out, f"task {seed} went on from what was never saved"
                assert step >= before, f"task {seed} went back behind what it had gone on from"
                # The save before the last one had succeeded, or there would have been no other.
                if strictly and len(handed_out) > 2:
                    assert step >= handed_out[-2], f"task {seed} lost a checkpoint"
                before = step
            elif what == "state":
                handed_out.append(step)
        made = sum(what == "step" for _pid, what, _ in events)
        assert made >= STEPS
        twice += made - STEPS
    assert len(tasks) == TASKS
    return twice


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Callable[[str, int], Crowd]]:
    made: list[Crowd] = []

    def make(location: str, count: int) -> Crowd:
        made.append(Crowd(tmp_path, location, count))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.mark.parametrize("processes", [3, 8])
def test_tasks_shared_by_killed_processes_in_one_file_end_right_and_lose_one_save_at_most(
    processes: int,
    db: str,
    crowd: Callable[[str, int], Crowd],
    much: int,
    tally: Tally,
) -> None:
    chance, kills = random.Random(processes), 5 * much
    many = crowd(db, processes)
    for _ in range(kills):
        many.kill_one(chance)
    for code, outputs, err in many.results(may_lose_the_server=False):
        assert (code, outputs) == (0, EXPECTED), err
    twice = judge(many.lines(), strictly=True)
    tally(f"{processes} processes share 40 tasks of one file, SIGKILL", kills, f"{twice} repeated")


@pytest.mark.parametrize("processes", [3, 8])
def test_tasks_shared_by_killed_processes_end_right_though_the_database_server_restarts(
    processes: int, crowd: Callable[[str, int], Crowd], much: int, tally: Tally
) -> None:
    chance, kills, server = random.Random(processes), 5 * much, Server()
    try:
        many = crowd(server.new_database(), processes)
        for life in range(kills):
            many.kill_one(chance)
            if life == kills // 2:
                server.control("restart", "-m", "fast")
        for code, outputs, err in many.results(may_lose_the_server=True):
            assert (code, outputs) == (0, EXPECTED), err
    finally:
        server.close()
    twice = judge(many.lines(), strictly=False)
    tally(f"{processes} processes share 40 tasks of a server", kills, f"{twice} repeated")
