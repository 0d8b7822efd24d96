"""The interface of a resumable computation: Machine, Kind that makes it, State that is saved.

A long computation survives pauses, kills and power cuts if it is written as a *machine*. Write
these five methods; all others have defaults:

    new           Kind.new(task)            make a machine at its start, quickly
    done          machine.done              True if no step is left
    step          machine.step(poll)        compute a little further, completely or not at all
    to_state      machine.to_state()        return everything needed to go on, as bytes
    from_state    Kind.from_state(…)        make the machine again from those bytes

The machine appends its results to `output`. `checkpoints/` saves state and output together, in one
transaction. `worker/` steps the machine, saves it when due, and loads it at the next start. Neither
uses the inside of a machine, so this file is all you need to write one:

>>> class Sum(Machine):
...     '''The sum of 1 … goal, ten numbers a step.'''
...
...     def __init__(
...         self, goal: int, steps: int = 0, total: int = 0, output: bytes = b""
...     ) -> None:
...         self.goal, self.steps, self.total, self.output = goal, steps, total, output
...
...     @property
...     def done(self) -> bool:
...         return bool(self.output)
...
...     def step(self, poll: Poll = unwatched) -> None:
...         first = 10 * self.steps + 1
...         self.total += sum(range(first, min(first + 10, self.goal + 1)))
...         self.steps += 1
...         if first + 10 > self.goal:
...             self.output = str(self.total).encode()
...
...     def to_state(self) -> State:
...         return State.of(f"{self.steps} {self.total}".encode())
>>> class Sums(Kind):
...     name = "sum"
...
...     def new(self, task: Task) -> Sum:
...         return Sum(task.goal)
...
...     def from_state(self, task: Task, state: State, output: bytes) -> Sum:
...         try:
...             steps, total = map(int, state.data.split())
...         except ValueError:
...             raise BadState("these are not two numbers") from None
...         return Sum(task.goal, steps, total, output)
>>> machine = Sums().new(Task(100))
>>> machine.step()
>>> again = Sums().from_state(Task(100), machine.to_state(), machine.output)
>>> again.steps, again.finalize()
(1, b'5050')
>>> from pi_tui.testing import prove
>>> prove(Sums(), Task(100))

A run is identified by its kind, goal and parameters. So everything the result depends on must be a
parameter: a seed, a size, the digest of an input file. One database holds runs of any parameters.

    task = Task(1000, {"seed": 7, "input": sha256_of_the_file})

Or keep that digest in the state and compare it in `from_state`: if the file has changed, raise
Refused.

`pi_tui/examples/lucas_lehmer.py` is a complete program like this, killed and resumed in the tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from math import inf
from operator import index
from typing import NamedTuple

from pi_tui import words
from pi_tui.task import Parameter as Parameter
from pi_tui.task import Task as Task

Poll = Callable[[int, int], None]
"""A function that a step calls at least ten times a second, with (parts done, total parts).

The poll may save the machine as it was before the step, wait while the user pauses, or raise
Abandoned: let that pass through, with nothing changed. A step of less than 0.1 s needs no poll.
"""


def unwatched(_done: int, _parts: int) -> None:
    """Do nothing: the default poll."""


class Abandoned(Exception):
    """Raised by a poll to abandon a step, a `verify` or an `overture`.

    Let it pass, and leave the machine unchanged.
    """


class BadState(Exception):
    """Saved bytes are no valid state of this task, or the task is impossible; the text says why.

    `Kind.limits` raises BadState for an impossible task. If `from_state` raises it, an older
    checkpoint is used. If `from_state` raises it for every checkpoint, the run begins again,
    provided that all of them are damaged. If one is undamaged, the code must have changed, and the
    run ends with nothing changed. If something *outside* the saved data changed, raise Refused
    instead.
    """


class Refused(Exception):
    """The machine cannot compute now: its input is missing or has changed.

    Raise Refused from `Kind.new`, `Kind.from_state`, `Kind.limits` or `Machine.step`. The user sees
    the whole text, so say what is wrong and what to do. The program ends with exit code 2. Saved
    data is kept, and the run goes on at a later start, once the input is restored.
    """


class WrongState(ArithmeticError):
    """State and output contradict each other: a memory error, a storage error, or a bug."""


class LostPiece(Exception):
    """A saved piece that should be read back is missing or damaged; the machine must make it again.

    Raised by `Piece.read`, but only for a lasting piece whose bytes are not in memory: the machine
    let them go in favour of `Piece.saved`, or the piece was too large to be kept at a load.
    """


class WrongOutput(ArithmeticError):
    """The output fails an independent check; its first `good` bytes are right.

    A negative `good` counts as 0. Raises TypeError if `good` is no int.
    """

    def __init__(self, text: str, good: int) -> None:
        super().__init__(text)
        self.good = max(index(good), 0)


class Known(NamedTuple):
    """The hash and size that identify a piece."""

    sha256: bytes
    size: int


class Piece:
    """A part of a state, stored as a unit; equal pieces of a run are stored once.

    A *lasting* piece never changes. Keep the object and return it in every later state: its bytes
    are read once, after that only its hash is compared. If a lasting piece is damaged in the
    database, the state is loaded without it, and the machine must make it again.

    If lasting pieces are so large that they should not stay in memory, call `let_go(piece.saved)`
    once a piece is saved. From then on `read` fetches the bytes from the database. Any thread may
    call it, also within a step. It raises LostPiece if the bytes are damaged in the database: make
    the piece again. It raises StorageError if the database cannot be reached: let StorageError
    pass, and the step is tried again.
    """

    __slots__ = ("_bytes", "known", "lasting", "saved")

    def __init__(
        self, data: bytes | bytearray | Callable[[], bytes], *, lasting: bool = False
    ) -> None:
        """Make a piece; `data` is its bytes, or a function that returns them when needed.

        The function is called anew whenever the bytes are needed. Raises TypeError for other data.
        """
        if not (isinstance(data, bytes | bytearray) or callable(data)):
            raise TypeError(f"a Piece takes bytes, not {type(data).__name__}")
        self._bytes = bytes(data) if isinstance(data, bytearray) else data
        self.lasting = lasting
        self.known: Known | None = None
        """Hash and size of a lasting piece, once its bytes were read."""
        self.saved: Callable[[], bytes] | None = None
        """Fetches the bytes of a lasting piece from the database; None before they are saved."""

    def read(self) -> bytes:
        """Return the bytes of the piece.

        Raises LostPiece if the database has lost them, StorageError if it cannot be reached.
        """
        data = self._bytes
        return data if isinstance(data, bytes) else data()

    def let_go(self, make: Callable[[], bytes]) -> None:
        """Free the bytes and keep the hash. From now on `read` returns what `make()` returns."""
        self._bytes = make


class State:
    """Everything a machine needs to go on, except its output: named pieces.

    Most machines need one piece: make it by `State.of(data)`, read it by `state.data`. Use several
    if a part is large and seldom changes: unchanged pieces are not written again.
    """

    def __init__(self, pieces: Mapping[str, Piece], version: int | None = None) -> None:
        """Make a state of these pieces, by name.

        A name has 1 to 80 printable ASCII characters and no space. Raises ValueError for another
        name, TypeError for a value that is no Piece.
        """
        for name, piece in pieces.items():
            if not isinstance(piece, Piece):
                raise TypeError(f"the piece {name} is of type {type(piece).__name__}, not Piece")
            is_plain = name.isascii() and name.isprintable() and " " not in name
            if not (is_plain and 0 < len(name) <= 80):
                raise ValueError(f"a piece has a short ASCII name without spaces, not {name!r}")
        self.pieces = dict(pieces)
        self.version = version
        """The `Kind.version` that saved this state, for `from_state`; None before it is saved."""

    @classmethod
    def of(cls, data: bytes | bytearray) -> State:
        """Make a state with one piece, which holds `data`. Raises TypeError for other types."""
        if not isinstance(data, bytes | bytearray):
            raise TypeError(f"State.of takes bytes, not {type(data).__name__}")
        return cls({"state": Piece(data)})

    @property
    def data(self) -> bytes:
        """Return the bytes of a state that `State.of` made: of its piece "state".

        Raises BadState if the state has no such piece.
        """
        return self["state"]

    def __getitem__(self, name: str) -> bytes:
        """Return the bytes of a piece. Raises BadState if the state has no such piece.

        A large lasting piece is read from the database now: raises what `Piece.read` raises.
        """
        if name not in self.pieces:
            raise BadState(f"its piece {name} is missing")
        return self.pieces[name].read()

    def __contains__(self, name: str) -> bool:
        """Return True if the state has this piece; False also if the database lost it."""
        return name in self.pieces

    def take(self, name: str) -> bytes:
        """Remove a piece, which saves memory, and return its bytes.

        Raises what `state[name]` raises.
        """
        data = self[name]
        del self.pieces[name]
        return data


class Work(NamedTuple):
    """The work of a machine, done and in total, in any unit that takes roughly constant time."""

    done: float
    total: float
    """All work, in the unit of `done`; 0 if unknown in advance."""

    @property
    def share(self) -> float | None:
        """Return the share of the work done, 0 to 1; None if it is unknown.

        It is also None if done or total is negative or infinite.

        >>> Work(30, 40).share, Work(30, 0).share
        (0.75, None)
        """
        if not (0 <= self.done < inf and 0 < self.total < inf):
            return None
        return min(1.0, self.done / self.total)


class Machine(ABC):
    """A computation that may stop after any step and go on later, here or on another computer."""

    steps: int = 0
    """Steps done. Grows with every step, and must be part of the state."""
    output: bytes | bytearray = b""
    """The results so far. Only appended to, never changed; may be empty until the end."""
    notes: tuple[str, ...] = ()
    """Messages for the user, such as that a lost piece is computed again."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Return True if no step is left and the output is complete."""

    @abstractmethod
    def step(self, poll: Poll = unwatched) -> None:
        """Make one step; if anything raises, leave the machine unchanged."""

    @abstractmethod
    def to_state(self) -> State:
        """Return the state after the last complete step; a `poll` may call this inside a step."""

    # Defaults that suit most machines.

    def stride(self, wanted: float, poll: Poll = unwatched) -> None:
        """Make one step, or several if they are faster together.

        `wanted` is the output in bytes that may be made now. One step may exceed it; several must
        not.
        """
        self.step(poll)

    def finalize(self, poll: Poll = unwatched) -> bytes:
        """Make all steps and return the whole output, without a store or a screen."""
        while not self.done:
            self.stride(float("inf"), poll)
        return bytes(self.output)

    def check(self) -> None:  # noqa: B027 - nothing to check is the default
        """Check that state and output are consistent. Raises WrongState.

        Called before every save, except the one that marks a run complete, and after every load. A
        machine that fails is not saved.
        """

    def work(self) -> Work:
        """Return the work done and in total; the progress bar and the time left are based on it.

        The work done must never fall, also after a resume. Include the work of `Kind.verify` if it
        is known, and return that part from `verifying_work`.
        """
        return Work(self.steps, 0)

    @property
    def verifying_work(self) -> float:
        """Return the part of the total `work` that `Kind.verify` takes, which a user may skip."""
        return 0.0

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Release resources such as processes.

        Called after the last step, whatever the reason that it is the last. Not called for a
        machine whose state was refused while it was loaded: acquire resources in steps.
        """

    def figures(self) -> object:
        """Return a mapping of names to values for a panel of the app, or None for no panel.

        Never change the mapping afterwards. An app of your own may expect another type. Worker and
        store do not look at the value.
        """
        return None


class Limits(NamedTuple):
    """The most steps, bytes of state and bytes of output that a task can have.

    A file that claims more is damaged or hostile.
    """

    steps: int = 2**53
    state: int = 2**32
    """Bytes of all pieces together."""
    output: int = 10**9
    """Bytes of output."""


class Kind(ABC):
    """Makes machines of one sort, and knows facts about their tasks in advance."""

    name: str
    """The permanent name of the kind in the database: unique, and at most 40 characters long."""
    version: int = 1
    """Version of its states and parameters. Increase it when you change what `to_state` returns.

    It is saved with every checkpoint. `from_state` gets it as `state.version`, and may read older
    states. States of a newer version are refused unread (exit code 7).
    """
    tuning: Collection[str] = ()
    """Names of parameters that change the speed but not the output.

    They do not identify a run: it keeps the values it was begun with, whatever a later task says.
    """
    repeatable: bool = True
    """False if the same output cannot be computed again, because of a network or a clock.

    After damage, a repeatable machine recomputes saved output, and the two must be equal. Another
    goes back to the last good checkpoint, and the output after that is discarded.
    """
    unit: str = "bytes"
    """The unit of output in messages: letters, for instance; each is one byte.

    Exceptions are "lines" and "rows", which are counted by line breaks.
    """

    @abstractmethod
    def new(self, task: Task) -> Machine:
        """Make a machine at the start of the task. Must return quickly: do slow work in steps."""

    @abstractmethod
    def from_state(self, task: Task, state: State, output: bytes) -> Machine:
        """Make the machine that had this state and this output.

        Raises BadState or WrongState if the state is invalid: then an older checkpoint is tried.
        Raises Refused if the input has changed. Let StorageError of a piece pass. Any other
        exception counts as a mistake in this method, and ends the run with nothing changed.

        The bytes are those that were saved, but lasting pieces may be missing. A file may also be
        hostile: check lengths and ranges against the task, and decode only numbers and text (no
        pickle).
        """

    # Defaults that suit most kinds.

    def title(self, task: Task) -> str:
        """Return the name of a run in messages: its kind, goal and parameters, except `tuning`."""
        told = {n: value for n, value in task.parameters.items() if n not in self.tuning}
        return " ".join([words.one_line(self.name, 40), f"{task.goal:,}", *words.named(told)])

    def length(self, task: Task) -> int | None:
        """Return the length of the whole output in bytes; None if it is unknown until the end."""
        return None

    def share(self, task: Task, steps: int, length: int) -> float | None:
        """Estimate the share of the work done from steps and bytes of output; None if unknown.

        Used for machines whose `work` has no total, as by default, and for runs saved before
        version 1.2. If in doubt return too little, because the share on the screen must not fall.
        """
        whole = self.length(task)
        return length / whole if whole else None

    def figures(self, task: Task, steps: int, length: int) -> object:
        """Return what `Machine.figures` returns, for a run that another process computes.

        All that is known of its machine here is the number of steps and the length of the output.
        """
        return None

    def limits(self, task: Task) -> Limits:
        """Return the most steps, bytes of state and bytes of output that a task can have.

        Running machines and saved files are checked against these. Raises BadState for a task that
        is impossible for this kind, and Refused if the task cannot be computed now.
        """
        return Limits()

    def accepts(self, output: bytes) -> bool:
        """Return True if the bytes can be part of an output of this kind.

        A part may be empty, and may begin and end anywhere, also within a line or a character.
        """
        return True

    def verify(
        self,
        task: Task,
        output: bytes | bytearray,
        poll: Poll = unwatched,
        machine: Machine | None = None,
    ) -> bool:
        """Check `output` by an independent method; return False if this kind has no such method.

        Returns True if the output is right. Called with the whole output at the end of a run. Also
        called after damage, if output is computed again and differs from what is saved: then with
        the saved beginning of the output. Raises WrongOutput if the output is wrong. `machine`, if
        given, made the output. Results stored in its state survive a kill; increase its `steps`
        when storing one.
        """
        return False

    def overture(self, task: Task, poll: Poll = unwatched) -> bytes:
        """Return the first bytes of the output, made fast by another method; b"" if there is none.

        The screen shows them until the machine has made as many.
        """
        return b""
