"""A tiny machine whose output is lines of text instead of digits.

It makes a Collatz walk from the goal to 1 (n/2 for even n, 3n+1 for odd n) and writes a line for
each odd number. The length of the output shows only at the end, and most steps write nothing. Its
state has three pieces: the current number; the highest number, which seldom changes; and a lasting
table, whose bytes decorate the lines.
"""

from __future__ import annotations

import hashlib

from pi_tui.machine import (
    BadState,
    Kind,
    Limits,
    Machine,
    Piece,
    Poll,
    State,
    Task,
    WrongState,
    unwatched,
)


def make_table(task: Task) -> bytes:
    return hashlib.shake_256(b"%d" % task.goal).digest(int(task.parameters["bulk"]))


class Walk(Machine):
    """A walk from the goal to 1. The first step makes the table; so does a step after its loss."""

    def __init__(self, task: Task, at: int = 0) -> None:
        self.task = task
        self.at = self.peak = at or task.goal
        self.output = b""
        self.table: Piece | None = None
        self.reads = 0
        """Number of times that the bytes of the table were read."""

    @property
    def done(self) -> bool:
        return self.at == 1

    def step(self, poll: Poll = unwatched) -> None:
        poll(0, 1)
        self.steps += 1
        if self.table is None:
            self.keep_table(Piece(make_table(self.task), lasting=True))
            return
        if self.at % 2:
            self.output += b"%d %02x\n" % (self.at, self._table[self.at % len(self._table)])
        self.at = 3 * self.at + 1 if self.at % 2 else self.at // 2
        self.peak = max(self.peak, self.at)

    def keep_table(self, piece: Piece) -> None:
        """Use this piece as the table, and count its reads."""
        self._table = piece.read()
        piece.let_go(self._read_table)
        self.table = piece

    def _read_table(self) -> bytes:
        self.reads += 1
        return self._table

    def to_state(self) -> State:
        pieces = {} if self.table is None else {"table": self.table}
        now = Piece(b"%d %d" % (self.steps, self.at))
        return State({**pieces, "peak": Piece(b"%d" % self.peak), "now": now})

    def check(self) -> None:
        if self.at > self.peak:
            raise WrongState("it stands higher than it ever was")


class Walks(Kind):
    """The kind of walks that make a lost table again."""

    name = "walk"
    unit = "letters"
    tuning = ("bulk",)  # for tests, does not tell runs apart

    def task(self, goal: int = 27, bulk: int = 100) -> Task:
        return Task(goal, {"bulk": bulk})

    def new(self, task: Task) -> Walk:
        return Walk(task)

    def from_state(self, task: Task, state: State, output: bytes) -> Walk:
        try:
            steps, at = map(int, state["now"].split())
            peak = int(state["peak"])
        except ValueError:
            raise BadState("these are no numbers") from None
        if at <= 0 or steps < 0:
            raise BadState("a walk does not come there")
        walk = Walk(task, at)
        walk.steps, walk.peak, walk.output = steps, peak, output
        if "table" in state:
            walk.keep_table(state.pieces["table"])
        elif steps:
            self.lost(walk)
        return walk

    def lost(self, walk: Walk) -> None:
        walk.notes = ("the table is made again",)

    def limits(self, task: Task) -> Limits:
        bulk = task.parameters.get("bulk")
        if not isinstance(bulk, int) or not 0 < bulk <= 2**23:
            raise BadState("no table is so large")
        return Limits(steps=10_000, state=bulk + 1000, output=10**7)

    def accepts(self, output: bytes) -> bool:
        return output.isascii()


class StubbornWalks(Walks):
    """The kind of walks that cannot make a lost table again."""

    name = "stubborn walk"

    def lost(self, walk: Walk) -> None:
        raise BadState("the table is lost")


class Finished(Machine):
    """A finished machine with this output."""

    done = True

    def __init__(self, output: bytes) -> None:
        self.output = output

    def step(self, poll: Poll = unwatched) -> None:
        raise AssertionError

    def to_state(self) -> State:
        return State.of(b"")
