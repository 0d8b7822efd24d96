"""Threads that work while the calling thread looks after its caller; none outlives the call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event, Thread

import gmpy2

Check = Callable[[], None]
"""To be called now and then by whoever works; raises when the work is to be abandoned."""

Task = Callable[[Check], None]
"""Work for one thread."""


class Stopped(Exception):
    """Another thread has failed, or the caller does not want the work any more."""


WATCH_SECONDS = 0.02
"""Between two calls of `watch`: well under the 0.1 s at which a key feels slow."""


def unlocked() -> AbstractContextManager[object]:
    """Within it, gmpy2 releases the interpreter lock during every operation of this thread.

    That is what lets big products run side by side and keeps a screen alive beside them. It costs
    0.1 µs an operation, and gmpy2 asks the context of the thread that computes, so each thread
    says it for itself.
    """
    return gmpy2.context(gmpy2.get_context(), allow_release_gil=True)


def side_by_side(tasks: Sequence[Task], watch: Callable[[], None]) -> None:
    """Every task has run to its end in a thread of its own; `watch` was called meanwhile, here.

    When `watch` or a task raises, the other tasks are stopped at their next check, all threads are
    waited for, and the exception goes on to the caller.
    """
    stop = Event()
    errors: list[BaseException] = []

    def check() -> None:
        if stop.is_set():
            raise Stopped

    def run(task: Task) -> None:
        try:
            with unlocked():
                task(check)
        except BaseException as error:  # the first one is raised again below, by the caller
            errors.append(error)
            stop.set()

    threads = [Thread(target=run, args=(task,), name="spigot-crew") for task in tasks]
    started: list[Thread] = []
    try:
        for thread in threads:
            thread.start()
            started.append(thread)
        for thread in threads:
            while thread.is_alive():
                watch()
                thread.join(WATCH_SECONDS)
    except BaseException:
        stop.set()
        raise
    finally:
        for thread in started:
            thread.join()
    if errors:
        raise errors[0]
