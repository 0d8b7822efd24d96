"""Workers of a batch: call one function in processes or threads, and survive their deaths."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, NamedTuple

from pi_tui.errors import NoWorkers
from pi_tui.reports.standard_output import descriptor_of
from pi_tui.worker.crash_report import in_words

FIRST_FILES, FILES = 24, 10
"""Files opened to start the first process (with queues and a server), and each later one."""
_SAFE = "what was saved is safe"


class Outcome(NamedTuple):
    """The result of one item."""

    item: int
    text: str
    """The result as a line, or the error as text."""
    failed: bool


class Pool:
    """Computes items in parallel: `workers` items at once, while as many others wait in a queue.

    If a process dies, the executor breaks, and all submitted items fail with it. They are then
    computed one at a time. So the item at fault is found, and no other item fails for it.
    """

    def __init__(self, function: Callable[[Any], Any], workers: int, *, threads: bool) -> None:
        self._function, self._workers, self._threads = function, workers, threads
        self._executor: Executor | None = None
        self._running: dict[Future[tuple[str, bool]], tuple[int, Any]] = {}
        self._suspects: list[tuple[int, Any]] = []

    @property
    def has_room(self) -> bool:
        """Return True if another item can be submitted."""
        return not self._suspects and len(self._running) < 2 * self._workers

    def submit(self, index: int, value: Any) -> None:
        """Submit an item: its index and its input.

        Raises NoWorkers if no process or thread can be started; `close` then returns the item too.
        """
        try:
            if not self._threads and len(_processes_of(self._executor)) < self._workers:
                _look_for_room(FILES if self._executor else FIRST_FILES)
            if self._executor is None:
                self._executor = self._new_executor()
            future = self._executor.submit(call, self._function, value)
        except BrokenProcessPool:  # a process died just now
            self._kill()
            self._suspects.append((index, value))
        # No files, memory or rights; no semaphores (ImportError); no thread (RuntimeError); a dead
        # server of new processes (EOFError).
        except (OSError, ImportError, NotImplementedError, RuntimeError, EOFError) as error:
            self._suspects.append((index, value))  # `close` returns it
            raise NoWorkers(self._no_worker(error)) from error
        else:
            self._running[future] = (index, value)

    def _no_worker(self, error: Exception) -> str:
        if self._threads:
            return f"no thread can be started ({in_words(error)}); look at `ulimit -u`; {_SAFE}"
        advice = "look at `ulimit -n`, `ulimit -u` and /dev/shm, or use threads=True"
        return f"no process can be started ({in_words(error)}); {advice}; {_SAFE}"

    def collect(self, seconds: float) -> list[Outcome]:
        """Wait up to `seconds` until an item ends; return the outcomes of those that have ended.

        If none is running, first submit one that a dead process left; so this may raise NoWorkers.
        """
        if self._suspects and not self._running:
            self.submit(*self._suspects.pop(0))
        if not self._running:
            threading.Event().wait(seconds)
        # Without an executor, its processes died just now, and more than one item was submitted.
        alone = len(self._running) == 1 and self._executor is not None
        ended, _ = wait(self._running, seconds, FIRST_COMPLETED)
        in_order = [future for future in self._running if future in ended]  # `ended` is a set
        return [one for future in in_order if (one := self._outcome(future, alone)) is not None]

    def _outcome(self, future: Future[tuple[str, bool]], alone: bool) -> Outcome | None:
        """Return the result of an item that has ended; if a process died, kill all the others too.

        Returns None if a process died and `alone` is False: other items were submitted too, and
        one of them may be at fault. The item is then computed again, alone. An item also counts as
        failed if its process died while it was alone, or if its input cannot be sent to a process.
        """
        index, value = self._running.pop(future)
        error = future.exception()
        if isinstance(error, BrokenProcessPool):
            self._kill()
            if alone:
                return Outcome(index, "the process that computed it died", failed=True)
            self._suspects.append((index, value))
            return None
        if error is not None:  # its input cannot be sent to another process
            return Outcome(index, in_words(error), failed=True)
        return Outcome(index, *future.result())

    def close(self) -> list[int]:
        """End the workers without waiting; return the indexes of items not collected yet."""
        self._kill()
        lost = [index for index, _ in (*self._running.values(), *self._suspects)]
        self._running, self._suspects = {}, []
        return lost

    def _kill(self) -> None:
        """Kill the processes. Threads run on to the end of an item, whose result is dropped."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        # `kill_workers` of Python 3.14 waits for its thread; `shutdown` alone for whole items.
        processes = _processes_of(executor)
        executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()

    def _new_executor(self) -> Executor:
        if self._threads:
            return _DaemonThreads(self._workers)
        # Imported here, as it takes 30 ms and threads do not need it.
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        # Not "fork": this process has threads, and a lock held by one of them would stay held.
        context = multiprocessing.get_context("forkserver")
        _start_quiet_tracker()
        is_quiet = descriptor_of(sys.stderr) is None  # a screen is shown
        return ProcessPoolExecutor(self._workers, context, _begin_child, (is_quiet,))


class _DaemonThreads(Executor):
    """An executor whose threads do not delay the program's exit: an item may take hours."""

    def __init__(self, count: int) -> None:
        self._count, self._started = count, 0
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None]
        self._calls = queue.SimpleQueue()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Queue a call of the function for a thread; return its future."""
        future: Future[Any] = Future()
        self._calls.put((future, lambda: fn(*args, **kwargs)))
        if self._started < self._count:
            threading.Thread(target=self._live, name="item", daemon=True).start()
            self._started += 1
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads after the queued calls; with `cancel_futures`, drop these calls.

        Never wait for them, even if `wait` is True.
        """
        with suppress(queue.Empty):  # a thread may take the last call just now
            while cancel_futures:
                self._calls.get_nowait()
        for _ in range(self._started):
            self._calls.put(None)

    def _live(self) -> None:
        while (found := self._calls.get()) is not None:
            future, made = found
            try:
                future.set_result(made())
            except BaseException as error:
                future.set_exception(error)


def _processes_of(executor: Executor | None) -> list[Any]:
    """Return the processes started so far.

    The executor starts another one at each submit that finds none idle.
    """
    return list((getattr(executor, "_processes", None) or {}).values())


def call(function: Callable[[Any], Any], value: Any) -> tuple[str, bool]:
    """Call the function with the input of one item; return its result as one line, and False.

    A str stays as it is, but for its line breaks; any other result becomes JSON. If the function
    raises or JSON cannot hold its result, return the error as text, and True. No exception leaves a
    worker, because many cannot be sent to another process.
    """
    import json

    try:
        result = function(value)
        text = result if isinstance(result, str) else json.dumps(result)
        return text.replace("\r", "\\r").replace("\n", "\\n"), False
    except BaseException as error:
        return in_words(error), True


def _look_for_room(files: int) -> None:
    """Raise OSError unless `files` more files can be opened, as the start of a process needs.

    Call this before the start. If files run out during it, Python's server of processes dies with
    a traceback.
    """
    found: list[int] = []
    try:
        while len(found) < files:
            found.append(os.open(os.devnull, os.O_RDONLY))
    finally:
        for number in found:
            os.close(number)


def _start_quiet_tracker() -> None:
    """Start Python's resource tracker, which removes semaphores; suppress its warning.

    After a SIGKILL of this process, the tracker would print three lines behind the next prompt.
    """
    from multiprocessing import resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = f"{before or 'default'},ignore:resource_tracker"
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _begin_child(is_quiet: bool) -> None:
    """Ignore ctrl+c, which the parent handles; exit when the parent ends, also by SIGKILL.

    A process of a pool holds both ends of its queue, so without this it would wait for work for
    ever. With `is_quiet`, what the process prints is dropped, because it would spoil the screen.
    """
    import multiprocessing
    import signal
    from multiprocessing.connection import wait as wait_for

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if is_quiet:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in (1, 2):
            os.dup2(nowhere, number)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait_for([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
