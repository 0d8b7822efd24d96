"""Compute many independent items in parallel; each result is saved soon after it is there.

    Items(shrink, ["a.png", "b.png", ...], workers=4, retries=2).run(db="shrink.sqlite3")

Results are lines of output, in the order of the inputs: text as it is, anything else as JSON. An
item that raises, or whose process dies, is tried again after a growing pause. When its last try
fails, its line is `{"failed": "ValueError('…')", "input": …}`, and the other items go on. A later
start computes only items without a saved result: after a kill the unfinished ones, after failures
the failed ones. The batch is complete once every item has a result.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pi_tui.carry_on import Face, carry_on
from pi_tui.errors import Unfinished, UsageError
from pi_tui.files.location import own_file
from pi_tui.machine import (
    BadState,
    Kind,
    Limits,
    Machine,
    Poll,
    Refused,
    State,
    Task,
    Work,
    unwatched,
)
from pi_tui.recipes.code import digest_of_code, note_on_code
from pi_tui.recipes.inputs import data_of, text_of
from pi_tui.recipes.program import add_common_options, print_output
from pi_tui.reports.standard_output import open_standard_streams, tell
from pi_tui.words import counted
from pi_tui.worker.job import Cadence

if TYPE_CHECKING:
    from pi_tui.recipes.item_pool import Outcome, Pool

LOOK_SECONDS = 0.05
"""Seconds that a step waits for results between two polls."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 60.0
"""Seconds before the first retry of an item, and at most; each pause is twice the one before."""
CADENCE = Cadence(seconds=1.0, share=50.0)
"""Results are saved every second, or less often if saves are slow."""
FAILURES_TOLD = 10
"""Maximum failed items shown as notes while the batch is computed; the output has all."""


class Items(Kind):
    """A batch of items: the kind of machine that calls `function` once for each input."""

    unit = "lines"

    def __init__(
        self,
        function: Callable[[Any], Any],
        inputs: Iterable[Any],
        *,
        workers: int | None = None,
        retries: int = 0,
        threads: bool = False,
        name: str = "",
    ) -> None:
        """Define the batch.

        `workers` items are computed at once (one per core; -1 is all cores, -2 all but one, as in
        joblib), in processes of their own, or with `threads` in threads, for functions that wait
        for files or the network. `retries` is how often an item that raised is tried again. `name`
        names the batch in the database (default: the name of the function).

        Inputs are kept in memory and identified by their values. Other inputs, or one more, are
        another run. Raises ValueError without inputs, and TypeError for a function that other
        processes cannot import. `task` and `run` raise TypeError for inputs that cannot be told
        apart, such as an open file.
        """
        self.function, self.inputs, self.retries = function, list(inputs), retries
        self.name = name or getattr(function, "__name__", "items").replace("_", "-")
        if not callable(function):
            raise TypeError(f"{self.name}: the function is {function!r}, which cannot be called")
        if type(retries) is not int:
            raise TypeError(f"{self.name}: retries is a whole number, not {retries!r}")
        self.workers, self.threads = self._count_of(workers), threads
        self._task: Task | None = None
        self._made: ItemsMachine | None = None
        """The last machine: an exception for a Kind, as `run` needs the lines of failed items."""
        if not self.inputs:
            raise ValueError(f"{self.name}: there are no inputs")
        if isinstance(inputs, Set):
            raise TypeError(f"{self.name}: a set has another order at every start; give sorted(…)")
        if not threads:
            self._refuse_what_cannot_be_sent()

    @functools.cached_property
    def code(self) -> str:
        """Digest of the code of the function, which is saved with a run."""
        return digest_of_code(self.function)

    def _count_of(self, workers: int | None) -> int:
        if workers is not None and type(workers) is not int:
            raise TypeError(f"{self.name}: workers is a whole number, not {workers!r}")
        cores = os.cpu_count() or 1
        if not workers:  # None, or 0
            return cores
        return workers if workers > 0 else max(1, cores + 1 + workers)

    def _refuse_what_cannot_be_sent(self) -> None:
        import pickle

        try:
            text = pickle.dumps(self.function)
            main = sys.modules["__main__"]
            is_read = main.__spec__ or os.path.isfile(getattr(main, "__file__", "<stdin>"))
            if b"__main__" in text and not is_read:
                raise pickle.PicklingError("it was typed at a prompt, not read from a file")
        except Exception as error:
            raise TypeError(
                f"{self.name}: other processes cannot import the function ({error}); "
                "define it at the top of a module, or use threads=True"
            ) from error

    def task(self) -> Task:
        """Return the task: the number of items, and a digest of the inputs."""
        if self._task is None:  # asked for at every save, and there may be a million inputs
            digest = hashlib.sha256("\0".join(self._texts()).encode()).hexdigest()
            self._task = Task(len(self.inputs), {"inputs": digest[:16]})
        return self._task

    def _texts(self) -> Iterator[str]:
        """Yield the text of each input, and of what the function carries.

        Raises TypeError for an input that has none. The function may carry a lock or a connection.
        """
        for value in data_of(self.function):
            if value is not None:
                with suppress(TypeError):
                    yield text_of(value)
        for number, value in enumerate(self.inputs, 1):
            try:
                yield text_of(value)
            except TypeError as error:
                told = f"input {number:,}, of type {type(value).__name__}"
                raise TypeError(f"{self.name}: {told}: {error}") from error

    def run(
        self, db: str | os.PathLike[str] | None = None, *, fresh: bool = False, face: Face = "line"
    ) -> bytes:
        """Compute or resume all items; return the lines of output.

        `db` is a file or URL; without it, NAME.sqlite3 in the working folder. With `fresh` all
        items are computed again. Items that failed have a line that tells so, and the next call
        tries only these again. Raises SystemExit with the exit code if it was interrupted; stderr
        then tells how to resume.
        """
        self._refuse_in_the_making_of_a_worker()
        location = own_file(self.name) if db is None else db
        how: dict[str, Any] = {"cadence": CADENCE, "fresh": fresh, "face": face}
        code, output = carry_on(self, self.task(), location, **how)
        if code and not (self._made and self._made.has_failed):
            raise SystemExit(code)
        return output if code == 0 or self._made is None else self._made.lines()

    def _refuse_in_the_making_of_a_worker(self) -> None:
        """Exit if a worker is just importing the program, which would begin the batch once more."""
        found = sys.modules.get("multiprocessing.process")
        if found and getattr(found.current_process(), "_inheriting", False):
            tell(
                f"{self.name}: every worker imports this program; start the batch below "
                'if __name__ == "__main__": or use threads=True'
            )
            raise SystemExit(UsageError.exit_code)

    def main(self) -> None:
        """Run as a program: parse options, compute, write results to standard output, and exit.

        The exit code is 1 if an item failed; stderr then tells how many.
        """
        import argparse

        description = inspect.getdoc(self.function) or f"Compute {len(self.inputs):,} items."
        parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
        add_common_options(parser, own_file(self.name))
        open_standard_streams()
        given = parser.parse_args()
        output = self.run(given.db, fresh=given.fresh, face="screen" if given.screen else "line")
        code = print_output(self.name, output)
        raise SystemExit(code or (1 if self._made and self._made.has_failed else 0))

    def limits(self, task: Task) -> Limits:
        """Return the limits. Raises BadState if the goal is not the number of inputs.

        Other inputs are refused by `new`, with a message of their own.
        """
        if task.parameters == self.task().parameters and task.goal != len(self.inputs):
            raise BadState(f"this batch has {counted(len(self.inputs), 'item')}, no other goal")
        return super().limits(task)

    def _refuse_other_inputs(self, task: Task) -> None:
        if task != self.task():
            raise Refused("this is a batch of other inputs; start the program that has these")

    def new(self, task: Task) -> ItemsMachine:
        """Return a machine at the start, with no results. Raises Refused for other inputs."""
        self._refuse_other_inputs(task)
        self._made = ItemsMachine(self, {}, 0, b"", self.code)
        return self._made

    def from_state(self, task: Task, state: State, output: bytes) -> ItemsMachine:
        """Return a machine with the saved results. Raises BadState, or Refused for other inputs."""
        self._refuse_other_inputs(task)
        try:
            steps, waiting, *code = json.loads(state.data)
            lines = {int(index): str(line) for index, line in waiting.items()}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadState(f"its results cannot be read ({error})") from error
        began = str(code[0]) if code else ""
        if type(steps) is not int or not all(0 <= index < task.goal for index in lines):
            raise BadState("it holds results of other items")
        self._made = ItemsMachine(self, lines, steps, output, began)
        return self._made


class ItemsMachine(Machine):
    """Computes a batch; a step ends as soon as at least one more item has its line."""

    def __init__(
        self, kind: Items, waiting: dict[int, str], steps: int, output: bytes, code: str
    ) -> None:
        self._kind, self._code = kind, code
        self.notes = note_on_code(kind.name, code, kind.code)
        # The state.
        self.steps = steps
        self.output: bytearray = bytearray(output)
        self._waiting = waiting
        """Lines of items that are done, while an item before them is not."""
        # Of this process only: a later start tries failed items again.
        self._next = output.count(b"\n")
        """Index of the first item without a line."""
        done = {*range(self._next), *waiting}
        self._todo = [i for i in reversed(range(len(kind.inputs))) if i not in done]
        self._failed: dict[int, str] = {}
        """Lines of items whose last try failed; a later start tries them again."""
        self._tries: dict[int, int] = {}
        self._paused: dict[int, float] = {}
        """The time at which an item that failed is tried again, by its index."""
        self._pool: Pool | None = None

    @property
    def done(self) -> bool:
        """Return True once every item has its line."""
        return self._next == len(self._kind.inputs)

    @property
    def has_failed(self) -> bool:
        """Return True once every other item is done, and some have failed."""
        done = self._next + len(self._waiting)
        return bool(self._failed) and done + len(self._failed) == len(self._kind.inputs)

    def lines(self) -> bytes:
        """Return the lines of all items, also of those that failed."""
        rest = {**self._waiting, **self._failed}
        return bytes(self.output) + b"".join(_encoded(rest[index]) for index in sorted(rest))

    def step(self, poll: Poll = unwatched) -> None:
        """Wait until at least one more item has a result; take all results there are.

        Raises Unfinished if only failed items are left.
        """
        try:
            finished: dict[int, str] = {}
            while not finished:
                poll(self._next + len(self._waiting), len(self._kind.inputs))
                self._refuse_if_only_failed_are_left()
                finished = self._collect(self._filled_pool())
        except BaseException:
            self.close()  # so that a later step computes the unfinished items again
            raise
        self._waiting.update(finished)
        while (line := self._waiting.pop(self._next, None)) is not None:
            self.output += _encoded(line)
            self._next += 1
        self.steps += 1
        if self.done:
            self.close()

    def _refuse_if_only_failed_are_left(self) -> None:
        if self.has_failed:
            of_all = f"{len(self._failed):,} of {counted(len(self._kind.inputs), 'item')} failed"
            these = "this one" if len(self._failed) == 1 else "these"
            raise Unfinished(f"{of_all}; the next start tries just {these} again")

    def _filled_pool(self) -> Pool:
        """Return the pool, after submitting items: one for each worker, and as many to wait."""
        if self._pool is None:
            # Slow to import, and not needed for `--help`.
            from pi_tui.recipes.item_pool import Pool

            kind = self._kind
            self._pool = Pool(kind.function, kind.workers, threads=kind.threads)
        now = time.monotonic()
        for index in [i for i, until in self._paused.items() if until <= now]:
            del self._paused[index]
            self._todo.append(index)
        while self._todo and self._pool.has_room:
            index = self._todo.pop()
            self._pool.submit(index, self._kind.inputs[index])
        return self._pool

    def _collect(self, pool: Pool) -> dict[int, str]:
        """Return the lines of items that have ended; schedule a retry for failed ones."""
        lines = {one.item: self._line_of(one) for one in pool.collect(LOOK_SECONDS)}
        return {index: line for index, line in lines.items() if line is not None}

    def _line_of(self, one: Outcome) -> str | None:
        """Return the line of an item; None if it failed and will be tried again, soon or later."""
        if not one.failed:
            return one.text
        tries = self._tries[one.item] = self._tries.get(one.item, 0) + 1
        if tries <= self._kind.retries:
            pause = min(FIRST_PAUSE * 2 ** (tries - 1), LAST_PAUSE)
            self._paused[one.item] = time.monotonic() + pause
            return None
        if len(self.notes) < FAILURES_TOLD:
            self.notes = (*self.notes, f"item {one.item + 1:,} failed: {one.text}")
        told = _as_json(self._kind.inputs[one.item])
        self._failed[one.item] = f'{{"failed": {json.dumps(one.text)}, "input": {told}}}'
        return None

    def close(self) -> None:
        """End the workers; items they have not finished are computed again by a later step."""
        lost = self._pool.close() if self._pool is not None else []
        self._pool = None
        self._todo = sorted({*self._todo, *lost, *self._paused}, reverse=True)
        self._paused = {}

    def to_state(self) -> State:
        """Return the results that are not in the output yet."""
        return State.of(json.dumps([self.steps, self._waiting, self._code]).encode())

    def work(self) -> Work:
        """Return the number of items done, and of all items."""
        return Work(self._next + len(self._waiting), len(self._kind.inputs))


def _encoded(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace") + b"\n"


def _as_json(value: object) -> str:
    """Return an input as JSON; as its `repr` if JSON cannot hold it."""
    try:
        return json.dumps(value, default=repr)
    except (TypeError, ValueError, RecursionError):  # a key that is no str, or a cycle
        return json.dumps(repr(value))
