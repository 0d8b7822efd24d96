"""What can be made resumable: a Machine, the Kind that makes it, the State it is kept as.

A long computation survives pauses, kills and power cuts if it is written as a *machine*, in five
words:

    new           Kind.new(task)            a machine at its start, made at once
    step          machine.step(poll)        a little further: all of a step or nothing of it
    to_state      machine.to_state()        everything it needs to go on, as bytes
    from_state    Kind.from_state(…)        the machine that was there when those bytes were made
    finalize      machine.finalize()        step until it is done; its whole output

What the machine finds out it appends to `output`. `checkpoints/` keeps state and output together,
in one transaction, and `worker/` steps the machine, saves it when it is time, and brings it back at
the next start. Neither looks into it. So this file is all that one must know to write one:

>>> class Sum(Machine):
...     '''The sum of 1 … goal, ten numbers a step.'''
...     def __init__(self, goal: int, steps: int = 0, total: int = 0) -> None:
...         self.goal, self.steps, self.total = goal, steps, total
...     @property
...     def done(self) -> bool:
...         return bool(self.output)
...     def step(self, poll: Poll = unwatched) -> None:
...         first = 10 * self.steps + 1
...         self.total += sum(range(first, min(first + 10, self.goal + 1)))
...         self.steps += 1
...         if first + 10 > self.goal:
...             self.output = str(self.total).encode()
...     def to_state(self) -> State:
...         return State.of(f"{self.steps} {self.total}".encode())
>>> class Sums(Kind):
...     name = "sum"
...     def new(self, task: Task) -> Sum:
...         return Sum(task.goal)
...     def from_state(self, task: Task, state: State, output: bytes) -> Sum:
...         steps, total = state.data.split()
...         return Sum(task.goal, int(steps), int(total))
>>> machine = Sums().new(Task(100))
>>> machine.step()
>>> again = Sums().from_state(Task(100), machine.to_state(), machine.output)
>>> again.steps, again.finalize()
(1, b'5050')

A run is its kind, its goal and its parameters. What the result depends on is therefore a parameter:
a seed, a size, the digest of an input file. Runs with other parameters live in the same database.

    task = Task(1000, {"seed": 7, "input": sha256_of_the_file})

Or keep that digest in the state and compare it when the machine is made again: if the file is not
what it was, raise Refused.

`pi_tui/examples/lucas_lehmer.py` is a whole program of this sort, killed and resumed in the tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from pi_tui.task import Parameter as Parameter
from pi_tui.task import Task as Task

Poll = Callable[[int, int], None]
"""What a step calls now and then, ten times a second or more, with (parts done, parts in all).

It may save the machine as it was before the step, wait as long as the user pauses, or raise
Abandoned: let that pass through, with nothing changed. A step of less than 0.1 s needs no poll.
"""


def unwatched(_done: int, _parts: int) -> None:
    """A poll that wants nothing."""


class Abandoned(Exception):
    """Raised by a poll to abandon a step; it passes through, and the machine has not changed."""


class BadState(Exception):
    """These bytes are no state of this task; the text says what is wrong with them.

    The saved data is damaged, then: an older checkpoint is used, or the run begins again. If the
    machine cannot go on because something *outside* of the saved data changed, raise Refused.
    """


class Refused(Exception):
    """The machine cannot compute here and now: its input is missing, or is not what it was.

    Raise it from `Kind.new`, `Kind.from_state`, `Kind.limits` or `Machine.step`. The text is shown
    whole, so say what is wrong and what to do. The program ends with exit code 2; what is saved
    stays as it is, and the run goes on at a later start, once the input is as it was.
    """


class WrongState(ArithmeticError):
    """State and output deny each other: bad memory, bad storage, or a bug."""


class WrongOutput(ArithmeticError):
    """The output is not what an independent way finds. `good` bytes of it, from the first, are."""

    def __init__(self, text: str, good: int) -> None:
        super().__init__(text)
        self.good = good


class Known(NamedTuple):
    """What tells a piece from others."""

    sha256: bytes
    size: int


class Piece:
    """Bytes of a state that are stored together; equal ones are stored once.

    A *lasting* piece never changes once it is made. Keep the object and hand it out in every state
    from then on: its bytes are asked for once, and after that only its hash is looked at. It may
    be lost from a saved state without the others, for a machine that can make it again.
    """

    __slots__ = ("_bytes", "known", "lasting")

    def __init__(self, data: bytes | Callable[[], bytes], *, lasting: bool = False) -> None:
        """A piece of these bytes, or of those the function makes when they are wanted."""
        self._bytes = data
        self.lasting = lasting
        self.known: Known | None = None
        """Hash and size of a lasting piece, once its bytes were asked for."""

    def read(self) -> bytes:
        """The bytes."""
        data = self._bytes
        return data if isinstance(data, bytes) else data()

    def let_go(self, make: Callable[[], bytes]) -> None:
        """The piece keeps its hash, but no bytes: `make` makes them again if they are wanted."""
        self._bytes = make


class State:
    """Everything a machine needs to go on, its output aside: named pieces.

    Most machines need one: `State.of(data)`, and `state.data` on the way back. Use more where a
    part of it is large and seldom changes: what did not change is not written again.
    """

    def __init__(self, pieces: Mapping[str, Piece], version: int | None = None) -> None:
        """Make a state of these pieces; names are short, printable, and without spaces."""
        self.pieces = dict(pieces)
        self.version = version
        """The `Kind.version` that saved this state, for `from_state`; None before it is saved."""

    @classmethod
    def of(cls, data: bytes) -> State:
        """A state of one piece."""
        return cls({"state": Piece(data)})

    @property
    def data(self) -> bytes:
        """The bytes of a state of one piece."""
        return self["state"]

    def __getitem__(self, name: str) -> bytes:
        """The bytes of a piece. Raises BadState if it is not there: lost, or never was."""
        if name not in self.pieces:
            raise BadState(f"its piece {name} is missing")
        return self.pieces[name].read()

    def __contains__(self, name: str) -> bool:
        """True if the piece is there; a lasting one may have been lost since it was saved."""
        return name in self.pieces

    def take(self, name: str) -> bytes:
        """The bytes of a piece, which the state then holds no more: for pieces that are large."""
        data = self[name]
        del self.pieces[name]
        return data


class Work(NamedTuple):
    """How far a machine is, in any unit that takes about the same time everywhere."""

    done: float
    total: float
    """0 if it cannot be told beforehand."""


class Machine(ABC):
    """A computation that may stop after any step and go on later, here or on another computer."""

    steps: int = 0
    """Steps done. It grows with every step, and a state that is resumed knows it."""
    output: bytes | bytearray = b""
    """What was found so far. It grows at its end and never changes; it may be empty until then."""
    notes: tuple[str, ...] = ()
    """What the user must be told, such as that a lost piece is made again."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """True when no step is left and the output is whole."""

    @abstractmethod
    def step(self, poll: Poll = unwatched) -> None:
        """One step is done, or, if anything raises, nothing has changed."""

    @abstractmethod
    def to_state(self) -> State:
        """The state after the last whole step; also in the middle of the next, from `poll`."""

    # What follows serves most machines as it is.

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        """As many steps as are fastest together, while the output they make is wanted.

        `wanted` is the bytes of output that may be made now; more than one step must stay below.
        """
        self.step(poll)

    def finalize(self, poll: Poll = unwatched) -> bytes:
        """Every step is done; the whole output. This is a machine without a store or a screen."""
        while not self.done:
            self.stride(float("inf"), poll)
        return bytes(self.output)

    def check(self) -> None:  # noqa: B027 - nothing to check is the default
        """State and output belong together, as far as that can be told; raises WrongState if not.

        It is called before every save and after every load. What it passes is what is saved.
        """

    def work(self) -> Work:
        """How far it is: never falls, also over a resume. The time left is reckoned from it."""
        return Work(self.steps, 0)

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """End what the machine holds besides itself, such as processes.

        It is called once the machine makes no more steps, whatever the reason.
        """

    def figures(self) -> object:
        """One immutable value for the face of this kind; worker and store do not look into it."""
        return None


class Limits(NamedTuple):
    """What a state of a task can be at most; a file that claims more is not believed."""

    steps: int = 2**53
    state: int = 2**32
    """Bytes of all pieces together."""
    output: int = 10**9
    """Bytes of output."""


class Kind(ABC):
    """Makes the machines of one sort, and knows what can be said of their tasks beforehand."""

    name: str
    """Its name in the database, for ever: short, and yours alone."""
    version: int = 1
    """Version of its states and parameters. Raise it when you change what `to_state` returns.

    It is saved with every checkpoint. `from_state` finds the version that saved a state in
    `state.version`, and may read older ones; a newer one is refused before it is read (exit 7).
    """
    tuning: Collection[str] = ()
    """Names of parameters that change how fast it computes, and nothing of the output.

    They do not tell runs apart: a run goes on with those it was begun with, whatever the task of a
    later start says.
    """
    repeatable: bool = True
    """False if the same output cannot be computed again: it comes from a network, or a clock.

    After damage, a repeatable machine computes again what was saved, and both must be the same. A
    run of any other goes back to the last good checkpoint, and the output after it is given up.
    """
    unit: str = "bytes"
    """What output is counted in, for messages: letters, digits, one byte each.

    "lines" and "rows" are counted by line breaks.
    """

    @abstractmethod
    def new(self, task: Task) -> Machine:
        """A machine at the start of the task. It returns at once: what takes time is a step."""

    @abstractmethod
    def from_state(self, task: Task, state: State, output: bytes) -> Machine:
        """Return the machine that had this state and this output.

        Raises BadState if there is none, and Refused if its input is not what it was.

        The bytes are as they were saved, or lasting pieces are missing. But a file may be hostile:
        believe no length and no range that the task does not allow, and decode to nothing but
        numbers and text (no pickle).
        """

    # What follows serves most kinds as it is.

    def length(self, task: Task) -> int | None:
        """Bytes of the whole output, or None if that shows only at the end."""
        return None

    def share(self, task: Task, steps: int, length: int) -> float | None:
        """The share of the work that so many steps, with so much output, are; None if unknown.

        For a run that is only looked at: no machine is made for it.
        """
        whole = self.length(task)
        return length / whole if whole else None

    def figures(self, task: Task, steps: int, length: int) -> object:
        """Of what `Machine.figures` says, as much as steps and output tell: for the same runs."""
        return None

    def limits(self, task: Task) -> Limits:
        """Return what a file may claim at most of such a task, and a machine may save.

        Raises BadState for a task that is impossible for this kind.
        """
        return Limits()

    def accepts(self, output: bytes) -> bool:
        """True if the bytes can be a part of an output of this kind."""
        return True

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        """True if the whole output was found right in an independent way; False without such a way.

        Raises WrongOutput if it is wrong. `machine`, if it is there, is the one that made it: what
        it takes into its state, a kill does not cost; then its `steps` must grow.
        """
        return False

    def overture(self, task: Task, poll: Poll = unwatched) -> bytes:
        """The first bytes of the output, found quickly in another way, to look at until then."""
        return b""
