"""A server that is there and says nothing: how long that is borne.

Stopped, or behind a network that swallows everything, it keeps its connections, and the system
waits for its answers for ever. A slow server must get its time all the same, or nothing would ever
be saved on it: only when somebody waits for us to leave is the time short.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Generator
from typing import Any

from sqlalchemy import Engine, event

from pi_tui.errors import StorageError

LONGEST, LONGEST_WHEN_LEAVING = 60.0, 5.0
"""Seconds without a word from the server, after which it counts as gone."""
IsLeaving = Callable[[], bool]


class NoAnswerError(StorageError):
    """A server did not answer in all that time: to ask again at once would take as long."""


def bear_no_silence(engine: Engine, is_leaving: IsLeaving) -> None:
    """Connections of this PostgreSQL engine end when the server says nothing for too long."""
    import psycopg

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: Generator[int, int, Any], *_: Any, **__: Any) -> Any:
            """What the talk with the server comes to. The driver's own way waits for ever."""
            try:
                wish = next(gen)
                while True:
                    ready = _ready(self.pgconn.socket, wish, is_leaving)
                    if not ready:
                        self.close()  # or the rollback would wait as long again
                        raise psycopg.errors.ConnectionTimeout("it does not answer")
                    wish = gen.send(ready)
            except StopIteration as end:
                return end.value

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, words: Any, options: Any) -> Impatient:
        return Impatient.connect(*words, **options)


def _ready(socket: int, wish: int, is_leaving: IsLeaving) -> int:
    """What can be done of the wish: 1 to read, 2 to write, both, or 0 after too long a silence."""
    began, readers, writers = time.monotonic(), [socket] * (wish & 1), [socket] * (wish >> 1)
    while time.monotonic() - began <= (LONGEST_WHEN_LEAVING if is_leaving() else LONGEST):
        read, write, _ = select.select(readers, writers, (), 0.1)
        if read or write:
            return len(read) + 2 * len(write)
    return 0
