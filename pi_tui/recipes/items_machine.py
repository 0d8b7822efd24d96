"""The machine that computes a batch of items: its lines, its retries, its pool of workers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import suppress
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, NamedTuple

from pi_tui.errors import Unfinished
from pi_tui.machine import Machine, Poll, State, Work, unwatched
from pi_tui.recipes.code import note_on_code
from pi_tui.words import counted

if TYPE_CHECKING:
    from pi_tui.recipes.item_pool import Outcome, Pool

LOOK_SECONDS = 0.05
"""Seconds that a step waits for results between two polls."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 60.0
"""Seconds before the first retry of an item, and at most; each pause is twice the one before."""
FAILURES_TOLD = 10
"""Maximum failed items shown as notes while the batch is computed; the output has all."""


class Batch(NamedTuple):
    """The function and the inputs of a batch, and how they are computed."""

    name: str
    function: Callable[[Any], Any]
    inputs: list[Any]
    workers: int
    """How many items are computed at once."""
    retries: int
    threads: bool
    """True for workers that are threads, instead of processes."""
    code: str
    """Digest of the code of the function."""


class ItemsMachine(Machine):
    """Computes a batch; a step ends as soon as at least one more item has succeeded.

    Lines come in the order of the items, so the line of an item may wait for those before it.
    """

    def __init__(
        self, batch: Batch, waiting: dict[int, str], steps: int, output: bytes, code: str
    ) -> None:
        self._batch, self._code = batch, code
        self.notes = note_on_code(batch.name, code, batch.code)
        # The state.
        self.steps = steps
        self.output: bytearray = bytearray(output)
        self._waiting = waiting
        """Lines of items that are done, while an item before them is not."""
        # Of this process only: a later start tries failed items again.
        self._next = output.count(b"\n")
        """Index of the first item without a line."""
        done = {*range(self._next), *waiting}
        self._todo = [i for i in reversed(range(len(batch.inputs))) if i not in done]
        self._failed: dict[int, str] = {}
        """Lines of items whose last try failed; a later start tries them again."""
        self._tries: dict[int, int] = {}
        self._paused: list[tuple[float, int]] = []
        """A heap: the time at which an item that failed is tried again, and its index."""
        self._pool: Pool | None = None

    @property
    def done(self) -> bool:
        """Return True once every item has succeeded and has its line in the output."""
        return self._next == len(self._batch.inputs)

    @property
    def has_failed(self) -> bool:
        """Return True once some items have failed and all others are done."""
        done = self._next + len(self._waiting)
        return bool(self._failed) and done + len(self._failed) == len(self._batch.inputs)

    def lines(self) -> bytes:
        """Return the lines of all items that have ended, in order, also of those that failed."""
        rest = {**self._waiting, **self._failed}
        return bytes(self.output) + b"".join(_encoded(rest[index]) for index in sorted(rest))

    def step(self, poll: Poll = unwatched) -> None:
        """Wait until at least one more item has succeeded; take all results there are.

        Raises Unfinished if only failed items are left, and NoWorkers if no process or thread can
        be started. Whatever is raised, the workers are ended.
        """
        try:
            finished: dict[int, str] = {}
            while not finished:
                poll(self._next + len(self._waiting), len(self._batch.inputs))
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
            of_all = f"{len(self._failed):,} of {counted(len(self._batch.inputs), 'item')} failed"
            these = "this one" if len(self._failed) == 1 else "these"
            raise Unfinished(f"{of_all}; the next start tries just {these} again")

    def _filled_pool(self) -> Pool:
        """Submit items until the pool has two for each worker; return the pool.

        One of the two is computed; the other waits, so that the worker can begin it at once.
        """
        if self._pool is None:
            # Slow to import, and not needed for `--help`.
            from pi_tui.recipes.item_pool import Pool

            batch = self._batch
            self._pool = Pool(batch.function, batch.workers, threads=batch.threads)
        now = time.monotonic()
        while self._paused and self._paused[0][0] <= now:
            self._todo.append(heappop(self._paused)[1])
        while self._todo and self._pool.has_room:
            index = self._todo.pop()
            self._pool.submit(index, self._batch.inputs[index])
        return self._pool

    def _collect(self, pool: Pool) -> dict[int, str]:
        """Wait LOOK_SECONDS at most for results; return the lines of succeeded items, by index.

        Of the items that failed, those with tries left are scheduled again.
        """
        lines = {one.item: self._line_of(one) for one in pool.collect(LOOK_SECONDS)}
        return {index: line for index, line in lines.items() if line is not None}

    def _line_of(self, one: Outcome) -> str | None:
        """Return the output line of an item that has ended; None if it failed.

        A failed item is tried again later; after its last try, a line on its failure is kept.
        """
        if not one.failed:
            return one.text
        tries = self._tries[one.item] = self._tries.get(one.item, 0) + 1
        if tries <= self._batch.retries:
            pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 9), LAST_PAUSE)
            heappush(self._paused, (time.monotonic() + pause, one.item))
            return None
        if len(self.notes) < FAILURES_TOLD:
            self.notes = (*self.notes, f"item {one.item + 1:,} failed: {one.text}")
        told = _as_json(self._batch.inputs[one.item])
        self._failed[one.item] = f'{{"failed": {json.dumps(one.text)}, "input": {told}}}'
        return None

    def close(self) -> None:
        """End the workers; items they have not finished are computed again by a later step."""
        lost = self._pool.close() if self._pool is not None else []
        self._pool = None
        paused = [index for _, index in self._paused]
        self._todo = sorted({*self._todo, *lost, *paused}, reverse=True)
        self._paused = []

    def to_state(self) -> State:
        """Return the State: number of steps, results not in the output yet, digest of the code."""
        return State.of(json.dumps([self.steps, self._waiting, self._code]).encode())

    def work(self) -> Work:
        """Return the number of items done, and of all items."""
        return Work(self._next + len(self._waiting), len(self._batch.inputs))


def _encoded(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace") + b"\n"


def _as_json(value: object) -> str:
    """Return an input as JSON text; what JSON cannot hold becomes its `repr`, as a JSON string.

    If the `repr` raises, return the name of the input's type.
    """
    try:
        return json.dumps(value, default=repr)
    except Exception:  # a key that is no str, a cycle, or a repr of the user's that raises
        with suppress(Exception):
            return json.dumps(repr(value))
        return json.dumps(type(value).__name__)
