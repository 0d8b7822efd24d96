"""Step a machine, and handle what it raises or breaks."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any, NoReturn

from pi_tui.errors import BrokenRule, MachineError, StorageError, Unfinished
from pi_tui.machine import Abandoned, Machine, Poll, Refused, WrongOutput, WrongState
from pi_tui.worker.board import Board
from pi_tui.worker.crash_report import cut_to_machine, in_words

LOOK_AFTER = 0.001
"""Seconds of short steps after which the loop checks its schedules again."""
_BYTES = (bytes, bytearray)
"""Types of output; `bytes | bytearray` would be made anew for each step."""


class Stepper:
    """Steps a machine. If the machine raises in a step, saves the last complete step if it can."""

    def __init__(self, board: Board, obey: Poll, save: Callable[[], None]) -> None:
        self._board, self._obey, self._save = board, obey, save
        self._ours: BaseException | None = None
        """The last exception that our poll raised; it is not the machine's fault."""

    def make_some(self, machine: Machine, wanted: float) -> None:
        """Make at least one step; stop after `wanted` bytes of output, or after 1 ms.

        Also stop at the end of the run, and if there is a request. Looking at clock and schedules
        takes 5 to 10 µs, but a step may take only 1 µs. Raises what `make` raises.
        """
        until, end, board = perf_counter() + LOOK_AFTER, len(machine.output) + wanted, self._board
        while True:
            self.make(machine, end - len(machine.output))
            if machine.done or len(machine.output) >= end:
                return
            if board.is_wanted or perf_counter() > until:
                return
            board.output = machine.output  # the next step may save, and show, what is made by now

    def make(self, machine: Machine, wanted: float) -> None:
        """Make one step, or as many as the machine makes together for `wanted` bytes of output.

        Raises MachineError if the machine raises an error; the last whole step is saved before, if
        possible (`_give_up`). Raises it too, without a save, if steps or output break a rule
        (`_check`). But these are raised as they are: exceptions of the poll, WrongState,
        WrongOutput, Refused, MemoryError, SystemExit, KeyboardInterrupt, and StorageError, if a
        piece that the machine reads back cannot be reached.
        """
        self._board.steps = steps = machine.steps
        length = len(machine.output)
        try:
            machine.stride(wanted, self._poll)
        except (Abandoned, WrongState, WrongOutput, StorageError):
            raise
        except BaseException as error:
            if error is self._ours:
                raise
            self._give_up(machine, steps, length, error)
        self._check(machine, steps, length)

    def _poll(self, part: int, parts: int) -> None:
        try:
            self._obey(part, parts)
        except BaseException as error:
            self._ours = error
            raise

    def _give_up(self, machine: Machine, steps: int, length: int, error: BaseException) -> NoReturn:
        """Save the last complete step; raise `error` if `make` lets it pass, else MachineError.

        Save nothing if steps or length of the output differ from `steps` and `length`, those before
        the step; the message then says so. A machine with a `stride` of its own is saved even then,
        because it may have completed some steps.
        """
        unchanged = (machine.steps, len(machine.output)) == (steps, length)
        # Only an overridden stride may have completed some of its steps.
        is_whole = unchanged or type(machine).stride is not Machine.stride
        number = (machine.steps if is_whole else steps) + 1
        trouble = self._try_to_save() if is_whole else "the step left the machine partly changed"
        lost = f"not saved: {trouble}; " if trouble else ""
        if isinstance(error, Unfinished):
            unfinished = type(error)(f"{error}; {lost}".removesuffix("; "))
            unfinished.exit_code = StorageError.exit_code if lost else error.exit_code
            raise unfinished
        if isinstance(error, BrokenRule):
            raise MachineError(f"step {number:,}: {error}; {lost}{self._board.snapshot.kept}")
        if not isinstance(error, (Refused, MemoryError, SystemExit, KeyboardInterrupt)):
            text = f"step {number:,} raised {in_words(error)}; {lost}{self._board.snapshot.kept}"
            cut_to_machine(error)
            raise MachineError(text) from error
        if lost:
            self._board.note(f"{lost}{self._board.snapshot.kept}")
        raise error

    def _try_to_save(self) -> str:
        """Save; return the reason if that fails, else ""."""
        try:
            self._save()
        except Exception as error:  # a step has failed already: report this in its message
            return str(error) or repr(error)
        failure = self._board.snapshot.save_failure
        return failure.reason if failure else ""

    def _check(self, machine: Machine, steps: int, length: int) -> None:
        """Raise MachineError if the machine's steps did not grow, or are no number.

        Raise it too if the output shrank, or is neither bytes nor bytearray. `steps` and `length`
        are those before the step.
        """
        output: Any = machine.output
        if not isinstance(output, _BYTES):
            raise BrokenRule(f"output must be bytes, not {type(output).__name__}")
        now = len(output)
        try:
            if machine.steps > steps and now >= length:
                return  # after every step, which may take 1 us: texts are made for errors only
        except TypeError:
            told = type(machine.steps).__name__
            raise BrokenRule(f"steps must be an int, not {told}") from None
        kept = self._board.snapshot.kept
        if machine.steps <= steps:
            how = "still" if machine.steps == steps else "now"
            raise MachineError(f"step() did not count: steps is {how} {machine.steps:,}; {kept}")
        taken = f"{length:,} bytes before it, {now:,} after"
        raise MachineError(f"step {steps + 1:,} took output back: {taken}; {kept}")


def text_of_exit(error: SystemExit | KeyboardInterrupt) -> tuple[str, int]:
    """Return the message and the exit code for a SystemExit or ctrl+c raised inside a machine."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted from within", 130
    code = error.code
    if isinstance(code, int) or code is None:
        return "it ended itself", int(code or 0)
    return str(code), 1
