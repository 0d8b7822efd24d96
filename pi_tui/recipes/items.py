"""Many independent items, side by side: each result is kept as soon as it is there.

    Items(shrink, ["a.png", "b.png", ...], workers=4, retries=2).run(db="shrink.sqlite3")

Results are lines of output, in the order of the inputs: texts as they are, everything else as
JSON. An item that raises is tried again after a growing pause; when its last try fails, its line
is `{"failed": "ValueError('…')", "input": …}`. After a kill only items without a saved result are
computed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from typing import Any

from pi_tui.carry_on import carry_on
from pi_tui.machine import Abandoned, BadState, Kind, Machine, Poll, State, Task, Work, unwatched
from pi_tui.worker.job import Cadence

LOOK_SECONDS = 0.05
"""How long a step waits for results before it polls."""
FIRST_PAUSE, LAST_PAUSE = 0.5, 60.0
"""Seconds before the first retry of an item; each pause is twice the one before, up to the last."""
CADENCE = Cadence(seconds=1.0, share=50.0)
"""A finished item waits no longer than a second for its save, if saves are that quick."""


class Items(Kind):
    """A batch of items: `function` is called once with each of the inputs."""

    unit = "bytes"

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
        """Describe the batch.

        `workers` items are computed at once (one a core), in processes of their own, or with
        `threads` in threads, for functions that wait for files or the network. `retries` is how
        often an item that raised is tried again. Inputs are told apart by their `repr`.
        """
        self.function, self.inputs, self.retries = function, list(inputs), retries
        self.workers, self.threads = workers or os.cpu_count() or 1, threads
        self.name = name or getattr(function, "__name__", "items").replace("_", "-")
        if not self.inputs:
            raise ValueError("there are no inputs")

    def task(self) -> Task:
        """Return the task: so many items, with these inputs."""
        digest = hashlib.sha256("\0".join(map(repr, self.inputs)).encode()).hexdigest()
        return Task(len(self.inputs), {"inputs": digest[:16]})

    def run(self, db: str | None = None) -> bytes:
        """Compute all items, or go on, and return the lines of output.

        Raises SystemExit with the exit code if it was interrupted; stderr says how to go on.
        """
        location = db or f"{self.name}.sqlite3"
        code, output = carry_on(self, self.task(), location, cadence=CADENCE)
        if code:
            raise SystemExit(code)
        return output

    def main(self) -> None:
        """Be a program: `[--db FILE]`, results on stdout, then exit."""
        import argparse

        parser = argparse.ArgumentParser(description=self.function.__doc__)
        parser.add_argument("--db", metavar="FILE", help=f"where it is saved ({self.name}.sqlite3)")
        sys.stdout.buffer.write(self.run(parser.parse_args().db))
        sys.stdout.flush()
        raise SystemExit(0)

    def new(self, task: Task) -> ItemsMachine:
        """Return a machine with no item done."""
        return ItemsMachine(self, {}, 0, b"")

    def from_state(self, task: Task, state: State, output: bytes) -> ItemsMachine:
        """Return the machine with the saved results."""
        try:
            steps, waiting = json.loads(state.data)
            lines = {int(index): str(line) for index, line in waiting.items()}
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise BadState(f"its results cannot be read ({error})") from error
        if type(steps) is not int or not all(0 <= index < task.goal for index in lines):
            raise BadState("it holds results of other items")
        return ItemsMachine(self, lines, steps, output)


class ItemsMachine(Machine):
    """Computes a batch; a step ends when the next items have results."""

    def __init__(self, kind: Items, waiting: dict[int, str], steps: int, output: bytes) -> None:
        self._kind, self._waiting, self.steps = kind, waiting, steps
        """`_waiting`: lines of items that are done, while one before them is not."""
        self.output = bytearray(output)
        self._next = output.count(b"\n")
        done = {*range(self._next), *waiting}
        self._todo = [i for i in range(len(kind.inputs)) if i not in done]
        self._todo.reverse()
        self._running: dict[Future[str], int] = {}
        self._tries: dict[int, int] = {}
        self._paused: dict[int, float] = {}
        self._executor: Executor | None = None

    @property
    def done(self) -> bool:
        """Return True once every item has its line."""
        return self._next == len(self._kind.inputs)

    def step(self, poll: Poll = unwatched) -> None:
        """Wait until at least one more item has a result, and take all that are there."""
        try:
            finished: list[tuple[int, str]] = []
            while not finished:
                poll(len(self._kind.inputs) - len(self._todo), len(self._kind.inputs))
                self._fill()
                finished = self._collect()
        except Abandoned:
            self._close()
            raise
        self._waiting.update(finished)
        while (line := self._waiting.pop(self._next, None)) is not None:
            self.output += line.encode() + b"\n"
            self._next += 1
        self.steps += 1
        if self.done:
            self._close()

    def _fill(self) -> None:
        """Hand out items until every worker has one and another waits."""
        if self._executor is None:
            self._executor = _executor(self._kind)
        now = time.monotonic()
        for index in [i for i, until in self._paused.items() if until <= now]:
            del self._paused[index]
            self._submit(index)
        while self._todo and len(self._running) < 2 * self._kind.workers:
            self._submit(self._todo.pop())

    def _submit(self, index: int) -> None:
        assert self._executor is not None
        future = self._executor.submit(_line, self._kind.function, self._kind.inputs[index])
        self._running[future] = index

    def _collect(self) -> list[tuple[int, str]]:
        """Return the items that ended meanwhile, with their lines; failed ones are retried."""
        if not self._running:
            threading.Event().wait(LOOK_SECONDS)
        ended, _ = wait(self._running, LOOK_SECONDS, FIRST_COMPLETED)
        found = [(self._running.pop(future), future) for future in ended]
        lines = [(index, self._line_of(index, future)) for index, future in found]
        return [(index, line) for index, line in lines if line is not None]

    def _line_of(self, index: int, future: Future[str]) -> str | None:
        """Return the line of an item, or None if it failed and is to be tried again."""
        error = future.exception()
        if error is None:
            return future.result()
        tries = self._tries[index] = self._tries.get(index, 0) + 1
        if tries <= self._kind.retries:
            pause = min(FIRST_PAUSE * 2 ** (tries - 1), LAST_PAUSE)
            self._paused[index] = time.monotonic() + pause
            return None
        failed = {"failed": repr(error), "input": self._kind.inputs[index]}
        self.notes = (*self.notes, f"item {index + 1} failed: {error!r}")
        return json.dumps(failed, default=repr)

    def _close(self) -> None:
        """End the workers; what they had begun is lost."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
        self._todo += sorted({*self._running.values(), *self._paused}, reverse=True)
        self._running, self._paused = {}, {}

    def to_state(self) -> State:
        """Return the results that are not in the output yet."""
        return State.of(json.dumps([self.steps, self._waiting]).encode())

    def work(self) -> Work:
        """Return how many items are done."""
        return Work(self._next + len(self._waiting), len(self._kind.inputs))


def _executor(kind: Items) -> Executor:
    if kind.threads:
        return ThreadPoolExecutor(kind.workers, "item")
    # Loaded here: 30 ms that a batch of threads does not need.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # Not "fork": this process has threads, and a lock held by one of them would stay held.
    known = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")
    return ProcessPoolExecutor(kind.workers, context, _begin_child)


def _begin_child() -> None:
    """Leave ctrl+c to the parent, and end when the parent ends, also by SIGKILL.

    A pool's child holds both ends of its queue, so it would wait for work for ever.
    """
    import multiprocessing
    import signal
    from multiprocessing.connection import wait as wait_for

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _line(function: Callable[[Any], Any], value: Any) -> str:
    """Return the result as one line; raises what the function raises."""
    result = function(value)
    text = result if isinstance(result, str) else json.dumps(result)
    return text.replace("\r", "\\r").replace("\n", "\\n")
