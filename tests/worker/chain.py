"""A machine whose steps take about ten milliseconds; only the last makes output."""

from __future__ import annotations

import hashlib

from pi_tui.machine import BadState, Kind, Machine, Poll, State, Task, unwatched


def link(before: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", before, b"", 120_000)


def whole(steps: int) -> bytes:
    now = b""
    for _ in range(steps):
        now = link(now)
    return now.hex().encode()


class Chain(Machine):
    """A machine that hashes its last hash again and again."""

    def __init__(self, task: Task, steps: int = 0, now: bytes = b"", output: bytes = b"") -> None:
        self.goal, self.steps, self.now, self.output = task.goal, steps, now, output

    @property
    def done(self) -> bool:
        return self.steps == self.goal

    def step(self, poll: Poll = unwatched) -> None:
        self.now, self.steps = link(self.now), self.steps + 1
        if self.done:
            self.output = self.now.hex().encode()

    def to_state(self) -> State:
        return State.of(b"%d " % self.steps + self.now)


class Chains(Kind):
    name, unit = "chain", "letters"

    def new(self, task: Task) -> Chain:
        return Chain(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Chain:
        steps, _, now = state.data.partition(b" ")
        if not steps.isdigit():
            raise BadState("this is no count of steps")
        return Chain(task, int(steps), now, output)
