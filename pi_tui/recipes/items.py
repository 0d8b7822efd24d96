"""Compute many independent items in parallel; each result is saved soon after it is there.

    Items(shrink, ["a.png", "b.png", ...], workers=4, retries=2).run(db="shrink.sqlite3")

Results are lines of output, in the order of the inputs: text as it is, anything else as JSON. An
item that raises, or whose process dies, is tried again up to `retries` times, after a growing
pause. When its last try fails, its line is `{"failed": "ValueError('…')", "input": …}`, and the
other items go on. A later
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
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pi_tui.carry_on import Face, carry_on
from pi_tui.errors import Unfinished, UsageError
from pi_tui.files.location import own_file
from pi_tui.machine import BadState, Kind, Limits, Refused, State, Task
from pi_tui.recipes.code import digest_of_code
from pi_tui.recipes.inputs import text_of, texts_of_data
from pi_tui.recipes.items_machine import Batch, ItemsMachine
from pi_tui.recipes.program import add_common_options, print_output
from pi_tui.reports.standard_output import open_standard_streams, tell
from pi_tui.words import counted
from pi_tui.worker.job import Cadence
from pi_tui.worker.threads import cores

CADENCE = Cadence(seconds=1.0, share=50.0)
"""Results are saved every second, or less often if saves are slow."""


class Items(Kind):
    """A batch of items: the kind of machine that calls `function` with each input."""

    unit = "lines"
    repeatable = False  # an item may ask a network; each line is a result of its own

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

        `workers` is how many items are computed at once: by default one per core; -1 is all cores,
        -2 all but one, as in joblib. Each worker is a process. With `threads`, it is a thread, for
        functions that wait for files or the network. `retries` is how often an item is tried again
        that raised, or whose process died. `name` names the batch in the database (default: the
        function's name, with - for _, or "items" if it has none).

        Inputs are kept in memory and identified by their values. If an input changes or one is
        added, or if data that the function holds changes, that is another run. Raises ValueError
        without inputs. Raises TypeError for a set of inputs, if `workers` or `retries` is no int,
        and for a function that cannot be called or, without `threads`, not imported by other
        processes. `task`, `run` and `main` raise TypeError for inputs that cannot be told apart,
        such as a lock.
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
        """The machine made last. No other Kind keeps one; `run` needs its lines of failed items."""
        if not self.inputs:
            raise ValueError(f"{self.name}: there are no inputs")
        if isinstance(inputs, set | frozenset):
            raise TypeError(f"{self.name}: a set has another order at every start; give sorted(…)")
        if not threads:
            self._refuse_what_cannot_be_sent()

    @functools.cached_property
    def code(self) -> str:
        """Return a digest of the function's code, which is saved with a run."""
        return digest_of_code(self.function)

    def _count_of(self, workers: int | None) -> int:
        if workers is not None and type(workers) is not int:
            raise TypeError(f"{self.name}: workers is a whole number, not {workers!r}")
        if not workers:  # None, or 0
            return cores()
        return workers if workers > 0 else max(1, cores() + 1 + workers)

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
        """Return the task: the number of items, and a digest of inputs and the function's data.

        Raises TypeError for an input that cannot be identified.
        """
        if self._task is None:  # asked for at every save, and there may be a million inputs
            digest = hashlib.sha256()  # a text at a time: together they may not fit into memory
            for number, text in enumerate(self._texts()):
                digest.update(f"\0{text}".encode() if number else text.encode())
            self._task = Task(len(self.inputs), {"inputs": digest.hexdigest()[:16]})
        return self._task

    def _texts(self) -> Iterator[str]:
        """Yield the texts that `task` hashes to identify the batch.

        There is one for each value that the function holds (a default, say) and for each input.
        Raises TypeError for an input that cannot be identified.
        """
        yield from texts_of_data(self.function)
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
        tries only these again. `face` is that of `carry_on`: "line", "screen" or "auto". Raises
        SystemExit with the exit code if anything else kept it from the end, such as ctrl+c or a
        full disk; stderr then tells why, and how to resume. The code is 0 if the user left a screen
        by `q`.
        """
        code, output = self._computed(db, fresh=fresh, face=face)
        if code or not output:  # without output: left by `q` on the screen, and saved
            raise SystemExit(code)
        return output

    def _computed(
        self, db: str | os.PathLike[str] | None, *, fresh: bool, face: Face
    ) -> tuple[int, bytes]:
        """Compute or resume all items; return the exit code and the lines of output.

        The code is 0 once every item has ended; the line of an item that failed tells so. If all
        have succeeded and only the save of the last ones failed, the code is 6, and without a
        screen the lines are returned too. Otherwise they are b"", also with code 0 if the user left
        a screen by `q`.
        """
        self._refuse_in_the_making_of_a_worker()
        location = own_file(self.name) if db is None else db
        how: dict[str, Any] = {"cadence": CADENCE, "fresh": fresh, "face": face}
        before = self._made
        code, output = carry_on(self, self.task(), location, **how)
        made = None if self._made is before else self._made  # it may fail before it makes one
        if code == Unfinished.exit_code and made is not None and made.has_failed:
            return 0, made.lines()
        return code, output

    def _refuse_in_the_making_of_a_worker(self) -> None:
        """Exit if a worker is importing this program, because it would begin the batch again."""
        found = sys.modules.get("multiprocessing.process")
        if found and getattr(found.current_process(), "_inheriting", False):
            tell(
                f"{self.name}: every worker imports this program; start the batch below "
                'if __name__ == "__main__": or use threads=True'
            )
            raise SystemExit(UsageError.exit_code)

    def main(self) -> None:
        """Run as a program: parse options, compute, write results to standard output, and exit.

        The exit code is 1 if an item failed; stderr then tells how many. Results that could not be
        saved are written too if all are there; the exit code is then 6.
        """
        import argparse

        description = inspect.getdoc(self.function) or f"Compute {len(self.inputs):,} items."
        parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
        add_common_options(parser, own_file(self.name))
        open_standard_streams()
        given = parser.parse_args()
        face: Face = "screen" if given.screen else "line"
        code, output = self._computed(given.db, fresh=given.fresh, face=face)
        has_failed = bool(output) and self._made is not None and self._made.has_failed
        raise SystemExit(print_output(self.name, code, output) or (1 if has_failed else 0))

    def limits(self, task: Task) -> Limits:
        """Return the most steps, bytes of state and bytes of output that the task can have.

        Raises BadState for a task of these inputs whose goal is not their number. A task of other
        inputs is refused by `new` and `from_state`, with a message of their own.
        """
        if task.parameters == self.task().parameters and task.goal != len(self.inputs):
            raise BadState(f"this batch has {counted(len(self.inputs), 'item')}, no other goal")
        return super().limits(task)

    def _refuse_other_inputs(self, task: Task) -> None:
        if task != self.task():
            raise Refused("this is a batch of other inputs; start the program that has these")

    def _batch(self) -> Batch:
        return Batch(
            self.name,
            self.function,
            self.inputs,
            self.workers,
            self.retries,
            threads=self.threads,
            code=self.code,
        )

    def new(self, task: Task) -> ItemsMachine:
        """Return a machine without results yet. Raises Refused if the task has other inputs."""
        self._refuse_other_inputs(task)
        self._made = ItemsMachine(self._batch(), {}, 0, b"", self.code)
        return self._made

    def from_state(self, task: Task, state: State, output: bytes) -> ItemsMachine:
        """Return a machine with the saved results. Raises Refused if the task has other inputs.

        Raises BadState if the results cannot be read, or are of items that the task does not have.
        """
        self._refuse_other_inputs(task)
        try:
            steps, waiting, *code = json.loads(state.data)
            lines = {int(index): str(line) for index, line in waiting.items()}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadState(f"its results cannot be read ({error})") from error
        began = str(code[0]) if code else ""
        if type(steps) is not int or not all(0 <= index < task.goal for index in lines):
            raise BadState("it holds results of other items")
        self._made = ItemsMachine(self._batch(), lines, steps, output, began)
        return self._made
