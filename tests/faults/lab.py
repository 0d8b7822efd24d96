"""Start processes under test, inject faults, and check the data they leave."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any, TypeVar

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.errors import PiTuiError
from tests.faults.driver import KIND, Task, drive
from tests.helpers import pi

T = TypeVar("T")
R = TypeVar("R")
_PATIENCE = 60.0
_forge = multiprocessing.get_context("forkserver")  # imports once, forks in milliseconds
_forge.set_forkserver_preload(
    ["pytest", "sqlalchemy.dialects.sqlite", "tests.faults.driver", "tests.faults.warm"]
)
_polling = threading.Lock()
"""Each start of a process polls all others. If two threads polled one process at once, the second
would take its exit code for 255: seen 4 times in 1,600 starts by four threads.
"""


class Child:
    """A process that works on a task until the task is done or the test ends."""

    def __init__(self, task: Task) -> None:
        self._line, theirs = _forge.Pipe()
        self._process = _forge.Process(target=drive, args=(task, theirs), daemon=True)
        with _polling:
            self._process.start()
        theirs.close()
        self.messages: list[tuple[Any, ...]] = []
        self.acked = 0
        """Number of digits that the process has reported as saved, and not taken back since."""

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def hear(self, timeout: float = _PATIENCE) -> tuple[Any, ...] | None:
        """Return the next message, or None if the process has ended; raise TimeoutError if late."""
        try:
            if not self._line.poll(timeout):
                raise TimeoutError(f"nothing heard for {timeout} s; so far {self.messages[-3:]}")
            message: tuple[Any, ...] = self._line.recv()
        except (EOFError, ConnectionResetError):
            return None
        self.messages.append(message)
        if message[0] == "saved":
            self.acked = message[1]
        elif message[0] == "loaded":
            self.acked = max(self.acked, message[1])
        elif message[0] == "restarting":
            self.acked = 0
        return message

    def catch_up(self) -> None:
        """Read all messages sent so far; unread ones fill the pipe, and the process then waits."""
        while self._line.poll() and self.hear():
            pass

    def hear_until(self, word: str) -> tuple[Any, ...]:
        while message := self.hear():
            if message[0] == word:
                return message
        raise AssertionError(f"gone before {word!r}: {self.messages[-3:]}")

    def hear_out(self) -> int:
        """Read messages until the process ends; return its exit code, negative for a signal."""
        while self.hear() is not None:
            pass
        return self.join()

    def go(self) -> None:
        self._line.send("go")

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()
        self.hear_out()

    def join(self) -> int:
        self.await_end()
        assert self._process.exitcode is not None
        self._line.close()
        return self._process.exitcode

    def await_end(self) -> None:
        wait([self._process.sentinel], _PATIENCE)
        with _polling:
            self._process.join(0)

    def said(self, word: str) -> list[Any]:
        return [message[1] for message in self.messages if message[0] == word]


@contextmanager
def child(task: Task) -> Iterator[Child]:
    """Start a child, and make sure it has ended when the block ends."""
    made = Child(task)
    try:
        yield made
    finally:
        made._process.kill()
        made.await_end()


def side_by_side(verb: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """Call `verb` with each thing, two at a time; return the results in order.

    Most of the time of such a call is waiting.
    """
    with ThreadPoolExecutor(2) as lanes:
        return list(lanes.map(verb, things))


def judge(location: str, acked: int, digits: int = 8000, thorough: bool = False) -> str:
    """Check the data left at `location`; return what is wrong, or "".

    Loading checks what a resume needs; `thorough` also checks the rest.
    """
    try:
        with CheckpointStore.open(location, KIND) as store:
            run = store.find_run(KIND.task(digits))
            if run is None:
                return f"lost: no run, {acked} acknowledged" if acked else ""
            loaded = store.load(run)
            problems = store.check() if thorough else []
    except PiTuiError as error:
        return f"refused: {error}"
    if loaded.output != pi(100_000)[: len(loaded.output)]:
        return "wrong digits"
    if len(loaded.output) < acked:
        return f"lost: {len(loaded.output)} digits of {acked} acknowledged"
    if loaded.notes or problems:
        return f"damaged: {loaded.notes} {problems}"
    if loaded.machine is not None and len(loaded.machine.output) < acked:
        return f"lost: a state of {len(loaded.machine.output)} digits, {acked} acknowledged"
    return ""


def finish(task: Task) -> str:
    """Resume the run undisturbed to its end; return what is wrong, or ""."""
    with child(replace(task, saves=-1, forever=False, steps=50)) as going_on:
        if code := going_on.hear_out():
            return f"exit {code}: {going_on.messages[-1]}"
    return judge(task.location, task.digits, task.digits, thorough=True)


@contextmanager
def straced(pid: int, log: str, *options: str) -> Iterator[None]:
    """Trace a running process with strace; at the end of the block, wait until it has ended."""
    command = ["strace", "-p", str(pid), "-o", log, *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        line = tracer.stderr.readline()
        assert "attached" in line, line
        try:
            yield
        finally:
            deadline = time.monotonic() + _PATIENCE
            while tracer.poll() is None and time.monotonic() < deadline:
                with suppress(subprocess.TimeoutExpired):
                    tracer.wait(1)
            tracer.kill()


def strace_works() -> str:
    """Return why strace cannot inject faults here; "" if it can."""
    if shutil.which("strace") is None:
        return "no strace"
    command = ["strace", "-o", os.devnull, "-e", "inject=chdir:error=EIO", "true"]
    done = subprocess.run(command, capture_output=True, text=True)
    return "" if done.returncode == 0 else f"strace does not work here: {done.stderr[:80]}"
