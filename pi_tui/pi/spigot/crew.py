"""Threads that work while the calling thread looks after its caller; none outlives the call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event, Lock, Thread
from typing import TypeVar

from pi_tui.pi.spigot.numerals import unlocked

T = TypeVar("T")

Check = Callable[[], None]
"""To be called by a job now and then; raises when its work is not wanted any more."""

WATCH_SECONDS = 0.02
"""Between two calls of `watch`: well under the 0.1 s at which a key feels slow."""


class Stopped(Exception):
    """Another job has failed, or the caller does not want the work any more."""


def gather(
    jobs: Sequence[Callable[[Check], T]], threads: int, watch: Callable[[int], None]
) -> list[T]:
    """What the jobs return, in their order; done by `threads` threads, or by the calling one if 0.

    `watch` is called with the number of jobs done, always in the calling thread: every 20 ms while
    threads work, or at every check of a job. As long as it does not return, because the user
    pauses, the jobs wait at their next check. When it or a job raises, the other jobs are stopped
    at their next check, all threads are waited for, and the exception goes on to the caller.

    A job may wait for one before it, never for one behind: where the system gives us fewer
    threads, or none, the work is done all the same.

    In the threads gmpy2 releases the interpreter lock during every operation. That is what lets
    big products run side by side and keeps a screen alive beside them; it costs 0.1 µs each.
    """
    results: dict[int, T] = {}
    numbers, one_takes = iter(range(len(jobs))), Lock()

    def taken() -> Iterator[int]:
        while True:
            with one_takes:
                number = next(numbers, None)
            if number is None:
                return
            yield number

    def work(check: Check) -> None:
        for number in taken():
            results[number] = jobs[number](check)

    if threads:
        _side_by_side(work, min(threads, len(jobs)), lambda: watch(len(results)))
    else:
        work(lambda: watch(len(results)))
    return [results[number] for number in range(len(jobs))]


def _side_by_side(work: Callable[[Check], None], threads: int, watch: Callable[[], None]) -> None:
    """Every thread has come to the end of `work`."""
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
        with watched:  # nobody gets past a check
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
            except RuntimeError:  # the system gives us no more: fewer do the same work
                break
            started.append(thread)
        if not started:
            work(watch)
        for thread in started:
            while thread.is_alive():
                look()
                thread.join(WATCH_SECONDS)
    except BaseException:
        stop.set()
        raise
    finally:
        for thread in started:
            thread.join()
    if errors:
        raise errors[0]
