"""Reading saved pieces back while a machine computes, so that it need not keep them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import RLock

from sqlalchemy import Connection

from pi_tui.checkpoints.connection.answer_timeout import IsLeaving
from pi_tui.checkpoints.connection.engine import connect
from pi_tui.checkpoints.connection.trouble import FAILURES, in_our_words
from pi_tui.checkpoints.rows import state_rows
from pi_tui.files.location import Location
from pi_tui.machine import Known, LostPiece


class PieceReader:
    """Fetches pieces on a connection of its own, from any thread.

    While one thread saves a checkpoint, fetches in other threads wait. An SQLite file that is being
    written cannot be read. Without this wait a read would fail, because the save of a checkpoint of
    several GB takes longer than SQLite waits by itself.
    """

    def __init__(self, where: Location, is_leaving: IsLeaving) -> None:
        self._where = where
        # A file is waited for while leaving too: the last save may have to read a piece.
        self._engine = connect(where, "read", is_leaving if where.url else lambda: False)
        self.one_at_a_time = RLock()
        """Held while a piece is fetched; a save holds it too."""
        self.damaged: set[bytes] = set()
        """The SHA-256 of pieces that were found damaged; a save must write them again."""
        self._of_save: Connection | None = None
        """The connection of a save under way, whose thread reads by it."""

    def of(self, run_id: int, known: Known) -> Callable[[], bytes]:
        """Return a function that fetches the bytes of the piece `known` of a run.

        It raises LostPiece, StorageError or DamagedError (see `_fetch`).
        """
        return partial(self._fetch, run_id, known)

    @contextmanager
    def reading_by(self, connection: Connection) -> Iterator[None]:
        """Fetch pieces on `connection`, whose transaction may lock others out, in the `with` body.

        The caller holds `one_at_a_time`, so other threads wait.
        """
        self._of_save = connection
        try:
            yield
        finally:
            self._of_save = None

    def close(self) -> None:
        """Close the connection; the next fetch opens another one."""
        with self.one_at_a_time:
            self._engine.dispose()

    def _fetch(self, run_id: int, known: Known) -> bytes:
        """Return the bytes of a saved piece.

        Raises LostPiece if they are damaged or missing, and has the next save write them again
        (`damaged`). Raises StorageError if the database is unreachable, and DamagedError if it is
        damaged as a whole.
        """

        def attempt() -> bytes | None:
            if self._of_save is not None:
                return state_rows.read_piece(self._of_save, run_id, known)
            with self._engine.begin() as connection:
                return state_rows.read_piece(connection, run_id, known)

        with self.one_at_a_time:
            try:
                data = attempt()
                if data is None:  # a failed read, or the file was replaced: retry once, reconnected
                    self._engine.dispose()
                    data = attempt()
            except FAILURES as error:
                self._engine.dispose()
                raise in_our_words(error, self._where) from error
        if data is None:
            self.damaged.add(known.sha256)
            raise LostPiece(f"a saved piece of {known.size:,} bytes is lost or damaged")
        return data
