"""The spigot as a kind of machine: what the store and the worker know of pi."""

from __future__ import annotations

from dataclasses import dataclass

from pi_tui.machine import (
    BadState,
    Kind,
    Limits,
    Machine,
    Piece,
    Poll,
    State,
    Task,
    Work,
    WrongOutput,
    unwatched,
)
from pi_tui.spigot import codec, plan
from pi_tui.spigot.reference import first_difference
from pi_tui.spigot.spigot import Spigot

HELD_SHOWN = 20
MOST_DIGITS = 10**9


@dataclass(frozen=True, slots=True)
class Figures:
    """What the spigot says of itself."""

    iteration: int = 0
    iterations: int = 0
    predigit: str = ""
    nines: int = 0
    boxes: int = 0
    blocks: int = 0
    blocks_missing: int = 0
    digits_per_step: int = 0
    boxes_per_block: int = 0
    series: str = ""
    threads: int = 1

    @classmethod
    def of(cls, value: object) -> Figures:
        """The figures that a snapshot carries; empty ones before there is a spigot."""
        return value if isinstance(value, Figures) else cls()


class SpigotMachine(Machine):
    def __init__(self, task: Task, threads: int, spigot: Spigot | None, state=None) -> None:
        self._task, self._threads = task, threads
        self._k = int(task.parameters["digits_per_step"])
        self._b = int(task.parameters["boxes_per_block"])
        self._spigot, self._state = spigot, state
        self.output = state.result if state else b""
        self.steps = state.i if state else 0

    @property
    def done(self) -> bool:
        return self._spigot is not None and self._spigot.done

    def step(self, poll: Poll = unwatched) -> None:
        self.stride(0, poll)

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        if self._spigot is None:
            if self._state is None:
                self._spigot = Spigot.new(
                    self._task.goal,
                    digits_per_step=self._k,
                    boxes_per_block=self._b,
                    threads=self._threads,
                    poll=poll,
                )
            else:
                self._spigot = Spigot.from_state(self._state, threads=self._threads, poll=poll)
                self._spigot.check()
            return
        s = self._spigot
        (s.wave if wanted >= s.digits_per_wave else s.step)(poll)
        self.output, self.steps = s.result, s.i

    def check(self) -> None:
        if self._spigot is not None:
            self._spigot.check()

    def to_state(self) -> State:
        state = self._spigot.to_state() if self._spigot else self._state
        if state is None:
            return State.of(b"")
        return State({"state": Piece(b"".join(codec.encode(state)))})

    def work(self) -> Work:
        n, k, b = self._task.goal, self._k, self._b
        making = plan.work_of_making(n, k, b)
        total = making + plan.work_total(n, k, b)
        if self._spigot is None and self._state is None:
            return Work(0, total)
        i = self._spigot.i if self._spigot else self._state.i
        return Work(making + plan.work_done(n, k, b, i), total)

    def figures(self) -> Figures:
        s = self._spigot
        return Figures(
            iteration=s.i if s else (self._state.i if self._state else 0),
            iterations=plan.iterations(self._task.goal, self._k),
            predigit=s.held_digits(HELD_SHOWN) if s else "",
            nines=s.nines if s else 0,
            boxes=s.boxes_left if s else 0,
            blocks=s.blocks if s else 0,
            digits_per_step=self._k,
            boxes_per_block=self._b,
            series="rabinowitz-wagon",
            threads=self._threads,
        )


class SpigotKind(Kind):
    """Digits of pi; the goal is how many."""

    name = "pi"
    unit = "digits"

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads

    def task(self, digits: int, digits_per_step: int | None = None) -> Task:
        """A task of so many digits, with the numbers that suit it."""
        planned = plan.plan(digits, digits_per_step)
        return Task(
            digits,
            {
                "digits_per_step": planned.digits_per_step,
                "boxes_per_block": planned.boxes_per_block,
                "series": "rabinowitz-wagon",
            },
        )

    def new(self, task: Task) -> SpigotMachine:
        return SpigotMachine(task, self._threads, None)

    def from_state(self, task: Task, state: State, output: bytes) -> SpigotMachine:
        data = state.data
        if not data:
            return self.new(task)
        numbers = task.parameters
        k, b = int(numbers["digits_per_step"]), int(numbers["boxes_per_block"])
        decoded = codec.decode([data], task.goal, k, b, output)
        return SpigotMachine(task, self._threads, None, decoded)

    def length(self, task: Task) -> int:
        return task.goal

    def limits(self, task: Task) -> Limits:
        numbers = task.parameters
        try:
            k, b = int(numbers["digits_per_step"]), int(numbers["boxes_per_block"])
        except (KeyError, ValueError, TypeError):
            raise BadState("numbers are missing") from None
        if not (task.goal <= MOST_DIGITS and 1 <= k <= max(task.goal, 10**7) and 1 <= b <= 2**28):
            raise BadState("impossible numbers")
        return Limits(
            steps=codec.most_iterations(task.goal, k) + 1,
            state=codec.most_size(task.goal, k, b),
            output=task.goal,
        )

    def accepts(self, output: bytes) -> bool:
        return output.isdigit()

    def verify(self, task: Task, output: bytes | bytearray, poll: Poll = unwatched) -> bool:
        position = first_difference(output, poll)
        if position is not None:
            raise WrongOutput(f"digit {position:,} is not that of pi", position - 1)
        return True

    def overture(self, task: Task, poll: Poll = unwatched) -> bytes:
        return b""
