"""Time-out for a server that stops answering.

A server that is stopped, or behind a network that drops all packets, keeps its connections open,
and psycopg waits for its answers for ever. A slow server still needs time, or it could never save
anything. So the time-out is long, and short only while the program wants to exit.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Generator
from typing import Any

from sqlalchemy import Engine, event

from pi_tui.errors import StorageError

LONGEST, LONGEST_WHEN_LEAVING = 60.0, 5.0
"""Seconds without an answer after which the server counts as gone; the second while exiting."""
IsLeaving = Callable[[], bool]


class NoAnswerError(StorageError):
    """A server did not answer before the time-out; an immediate retry would wait as long again."""


def set_answer_timeout(engine: Engine, is_leaving: IsLeaving) -> None:
    """Give new connections of this PostgreSQL engine a time-out, short while `is_leaving()`.

    If the server does not answer in time, the connection closes and raises ConnectionTimeout.
    """
    import psycopg

    class TimedConnection(psycopg.Connection[Any]):
        def wait(self, gen: Generator[int, int, Any], *_: Any, **__: Any) -> Any:
            """Run `gen`, the steps of an exchange with the server, and return its result.

            If the server does not answer in time, close the connection and raise ConnectionTimeout.
            The method of psycopg that this one replaces would wait for ever.
            """
            try:
                wanted = next(gen)
                while True:
                    ready = _ready(self.pgconn.socket, wanted, is_leaving)
                    if not ready:
                        self.close()  # or the rollback would wait for the time-out again
                        raise psycopg.errors.ConnectionTimeout("it does not answer")
                    wanted = gen.send(ready)
            except StopIteration as end:
                return end.value

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, words: Any, options: Any) -> TimedConnection:
        return TimedConnection.connect(*words, **options)


def _ready(socket: int, wanted: int, is_leaving: IsLeaving) -> int:
    """Wait for the socket; return the ready mask (1 read, 2 write, 3 both), 0 on time-out."""
    began, poll = time.monotonic(), select.poll()  # `select` knows no descriptor above 1023
    poll.register(socket, select.POLLIN * (wanted & 1) | select.POLLOUT * (wanted >> 1))
    while time.monotonic() - began <= (LONGEST_WHEN_LEAVING if is_leaving() else LONGEST):
        for _, ready in poll.poll(100):
            # An error or a hang-up counts as ready: the next read or write reports it.
            return wanted & (bool(ready & ~select.POLLOUT) + 2 * bool(ready & ~select.POLLIN))
    return 0
