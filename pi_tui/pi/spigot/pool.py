"""A thread pool whose calling thread keeps reporting progress. No thread outlives the call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import TypeVar

from pi_tui.pi.spigot.numerals import unlocked

T = TypeVar("T")

Check = Callable[[], None]
"""A function that a job calls now and then. It raises when the job should stop."""

WATCH_SECONDS = 0.02
"""Interval between two calls of `watch`: well under the 0.1 s at which a key press feels slow."""


class Stopped(Exception):
    """Raised in a job when another job has failed or the caller has cancelled the work."""


def gather(
    jobs: Sequence[Callable[[Check], T]], threads: int, watch: Callable[[int], None]
) -> list[T]:
    """Run the jobs in `threads` threads, or in the calling one if 0; return results in job order.

    A job is a function; it gets a function `check`, which it must call often. The function `watch`
    is called with the number of jobs done, always in the calling thread: every 20 ms while threads
    work, or at every check of a job if there are none. While `watch` does not return, because the
    user has paused, the jobs wait at their next check. If `watch` or a job raises, the other jobs
    stop at their next check, all threads are joined, and the exception is raised to the caller.

    A job may wait for an earlier job, never for a later one. So the work is completed even if the
    system grants fewer threads, or none.

    In these threads gmpy2 releases the interpreter lock during products and divisions. Big products
    can then run side by side and the screen stays responsive. This costs up to 0.1 µs an operation.
    """
    results: dict[int, T] = {}
    todo = deque([*enumerate(jobs), *[None] * max(threads, 1)])  # each thread stops at a None

    def work(check: Check) -> None:
        while numbered := todo.popleft():
            number, job = numbered
            results[number] = job(check)

    if threads:
        _side_by_side(work, min(threads, len(jobs)), lambda: watch(len(results)))
    else:
        work(lambda: watch(len(results)))
    return [results[number] for number in range(len(jobs))]


def _side_by_side(work: Callable[[Check], None], threads: int, watch: Callable[[], None]) -> None:
    """Run `work` in several threads at once and wait until all have finished.

    Runs it in the calling thread if the system grants no thread. If `work` or `watch` raises, all
    threads are stopped, and the exception is raised here.
    """
    stop, watched = Event(), Lock()
    errors: list[BaseException] = []

    def check() -> None:
        with watched:
            pass
        if stop.is_set():
            raise Stopped

    def run() -> None:
        try:
            with unlocked():
                work(check)
        except BaseException as error:  # the first one is raised again below, by the caller
            errors.append(error)
            stop.set()

    def look() -> None:
        with watched:  # while this lock is held, jobs wait at their next check
            try:
                watch()
            except BaseException:
                stop.set()
                raise

    started: list[Thread] = []
    try:
        look()
        for number in range(threads):
            thread = Thread(target=run, name=f"spigot-{number}")
            try:
                thread.start()
            except RuntimeError:  # the system grants no more threads: fewer do the same work
                break
            started.append(thread)
        if not started:
            work(watch)
        for thread in started:
            while thread.is_alive():
                look()
                thread.join(WATCH_SECONDS)
    finally:
        stop.set()
        for thread in started:
            thread.join()
    if errors:
        raise errors[0]
