"""Estimate pi by throwing darts: another machine, written from the README alone.

Run `python monte_carlo.py BATCHES SEED TABLE`. The darts of a batch come from a random generator,
which is part of the state. They start at positions read from TABLE, a file that must not change.
"""

from __future__ import annotations

import hashlib
import random
import sys
from pathlib import Path

from pi_tui.carry_on import carry_on
from pi_tui.machine import BadState, Kind, Machine, Poll, Refused, State, Task, Work, unwatched

BATCH = 20_000


class Darts(Machine):
    def __init__(self, task: Task, digest: str) -> None:
        self.goal, self.digest = task.goal, digest
        self.random = random.Random(f"{task.parameters['seed']!r} {digest}")
        self.hits, self.output = 0, b""

    @property
    def done(self) -> bool:
        return self.steps == self.goal

    def step(self, poll: Poll = unwatched) -> None:
        dice = random.Random()  # a copy, because a cancelled step must not consume random numbers
        dice.setstate(self.random.getstate())
        hits = 0
        for dart in range(BATCH):
            if dart % 1_000 == 0:
                poll(dart, BATCH)
            hits += dice.random() ** 2 + dice.random() ** 2 < 1
        self.steps, self.hits, self.random = self.steps + 1, self.hits + hits, dice
        self.output += b"%d\n" % self.hits

    def to_state(self) -> State:
        numbers = " ".join(map(str, self.random.getstate()[1]))
        return State.of(f"{self.steps} {self.hits} {self.digest} {numbers}".encode())

    def work(self) -> Work:
        return Work(self.steps, self.goal)


class DartGames(Kind):
    name = "darts"

    def __init__(self, table: Path) -> None:
        self.table = table

    def digest(self) -> str:
        return hashlib.sha256(self.table.read_bytes()).hexdigest()

    def new(self, task: Task) -> Darts:
        return Darts(task, self.digest())

    def from_state(self, task: Task, state: State, output: bytes) -> Darts:
        try:
            steps, hits, digest, *numbers = state.data.decode().split()
            machine = Darts(task, digest)
            machine.random.setstate((3, tuple(map(int, numbers)), None))
            machine.steps, machine.hits, machine.output = int(steps), int(hits), output
        except ValueError:
            raise BadState("this is no state of a game") from None
        if digest != self.digest():
            raise Refused(f"{self.table} has changed since this game began; put the old one back")
        return machine


if __name__ == "__main__":
    batches, seed, table = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    task = Task(batches, {"seed": seed})
    code, output = carry_on(DartGames(table), task, "darts.sqlite3", every_seconds=0.2)
    sys.stdout.write(output.decode())
    sys.exit(code)
