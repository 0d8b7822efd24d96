"""A program around a machine that writes lines of text: `python lines.py GOAL DB SECONDS`."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Mapping

from pi_tui.app.open import open_app
from pi_tui.machine import BadState, Kind, Machine, Poll, State, Task, Work, unwatched
from pi_tui.worker.job import Cadence


def line(number: int) -> bytes:
    """Return the line of a number, different for each."""
    return b"line %d: %s\n" % (number, hashlib.sha256(b"%d" % number).hexdigest()[:12].encode())


class Lines(Machine):
    """A machine that writes one line per step, and sleeps for some seconds before each."""

    def __init__(self, goal: int, seconds: float, steps: int = 0, output: bytes = b"") -> None:
        self.goal, self.seconds, self.steps, self.output = goal, seconds, steps, bytearray(output)

    @property
    def done(self) -> bool:
        return self.steps >= self.goal

    def step(self, poll: Poll = unwatched) -> None:
        time.sleep(self.seconds)
        self.output += line(self.steps + 1)
        self.steps += 1

    def to_state(self) -> State:
        return State.of(b"%d" % self.steps)

    def work(self) -> Work:
        return Work(self.steps, self.goal)

    def figures(self) -> Mapping[str, object]:
        return {"lines": self.steps, "temperature": 2.27, "name": "\x1b[2J"}


class LinesKind(Kind):
    """The kind of machines that write lines."""

    name, unit = "lines", "letters"

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def new(self, task: Task) -> Lines:
        return Lines(task.goal, self.seconds)

    def from_state(self, task: Task, state: State, output: bytes) -> Lines:
        if not state.data.isdigit():
            raise BadState("that is no count of lines")
        return Lines(task.goal, self.seconds, int(state.data), output)

    def share(self, task: Task, steps: int, length: int) -> float:
        return steps / task.goal


def main() -> int:
    goal, database, seconds = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
    again = f"lines {goal}"
    cadence = Cadence(seconds=0.5)
    code, output = open_app(LinesKind(seconds), Task(goal), database, again=again, cadence=cadence)
    sys.stdout.write(f"output of {len(output or b'')} bytes\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
