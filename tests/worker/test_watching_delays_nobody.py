"""A watcher holds no transaction while idle, and its reads are short."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pi_tui.checkpoints.connection import answer_timeout
from pi_tui.checkpoints.database import Database
from pi_tui.checkpoints.rows import output_rows
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker import watcher
from pi_tui.worker.board import Board
from pi_tui.worker.job import Job
from pi_tui.worker.watcher import Watcher, WatchingWorker
from tests.checkpoints.server import Server
from tests.helpers import wait_until
from tests.worker.conftest import MakeWorker
from tests.worker.test_watcher import DIGITS, watch


class Writer:
    """A writer that has a run open, like another process, and saves when the test asks for it."""

    def __init__(self, store: CheckpointStore) -> None:
        kind = SpigotKind(1)
        task = kind.task(DIGITS, 2)
        self.store, self.run, self.machine = store, store.open_run(task), kind.new(task)

    def save(self, more: int) -> None:
        """Compute at least `more` digits and commit them."""
        wanted = len(self.machine.output) + more
        while len(self.machine.output) < wanted:
            self.machine.stride(100)
        self.store.save(self.run, self.machine, 1.0)


@contextmanager
def a_writer(location: object) -> Iterator[Writer]:
    with CheckpointStore.open(str(location), SpigotKind(1)) as store:
        yield Writer(store)


def is_free(database: Path) -> bool:
    """Return True if a commit now would not have to wait."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def test_watcher_holds_no_transaction_between_two_reads(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever the watcher publishes or sleeps, a commit finds no reader."""
    monkeypatch.setattr(watcher, "BATCH", 1_000)
    within, between = [], []
    publish, rest, check = Board.publish, Watcher._rest, output_rows._check

    def published(board: Board, **changes: object) -> None:
        between.append(is_free(database))
        publish(board, **changes)

    def rested(self: Watcher) -> None:
        between.append(is_free(database))
        rest(self)

    def checked(*row: object) -> None:
        within.append(is_free(database))
        check(*row)  # type: ignore[arg-type]

    with a_writer(database) as writer:
        writer.save(5_000)
        monkeypatch.setattr(output_rows, "_check", checked)
        monkeypatch.setattr(Watcher, "_rest", rested)
        monkeypatch.setattr(Board, "publish", published)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
        wait_until(lambda: len(between) > len(writer.machine.output) // 1_000 + 3)
        worker.stop()
        assert worker.join(60)
    assert all(between)
    assert within
    assert not any(within), "a read that is under way is noticed"


def test_watcher_reads_at_most_a_batch_and_two_rows_of_output_per_transaction(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most two of the rows read reach beyond the batch, however far behind the watcher is."""
    monkeypatch.setattr(watcher, "BATCH", 1_000)
    monkeypatch.setattr(output_rows, "ROW_OUTPUT", 400)
    read: list[int] = []
    transaction, checked = Database.transaction, output_rows._checked

    @contextmanager
    def begun(self: Database) -> Iterator[Connection]:
        read.append(0)
        with transaction(self) as connection:
            yield connection

    def counted(*which: object) -> Iterator[bytes]:
        for data in checked(*which):  # type: ignore[arg-type]
            read[-1] += len(data)
            yield data

    with a_writer(database) as writer:
        writer.save(5_000)
        monkeypatch.setattr(Database, "transaction", begun)
        monkeypatch.setattr(output_rows, "_checked", counted)
        worker = watch(make_worker, DIGITS)
        wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
        worker.stop()
        assert worker.join(60)
    assert sum(read) >= 5_000
    assert max(read) <= 1_000 + 2 * 400


@contextmanager
def in_the_middle_of_a_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Hold a watcher in the middle of a read, in its transaction, until the block ends."""
    is_reading, may_go_on = threading.Event(), threading.Event()
    check = output_rows._check

    def held(*row: object) -> None:
        if threading.current_thread() is not threading.main_thread():
            is_reading.set()
            assert may_go_on.wait(60)
        check(*row)  # type: ignore[arg-type]

    monkeypatch.setattr(output_rows, "_check", held)
    try:
        yield is_reading
    finally:
        may_go_on.set()


def test_commit_waits_for_one_read_of_the_watcher_at_most(
    database: Path, make_worker: MakeWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite starts no new read while a commit waits, so a commit waits for one batch only."""
    with a_writer(database) as writer:
        writer.save(1_000)
        with in_the_middle_of_a_read(monkeypatch) as is_reading:
            worker = make_worker(DIGITS, digits_per_step=None, watch=True)
            assert is_reading.wait(60)
            committing = threading.Thread(target=writer.save, args=(1_000,))
            committing.start()
            wait_until(lambda: not can_begin_to_read(database))
        committing.join(60)
        assert not committing.is_alive()
        wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
        worker.stop()
        assert worker.join(60)


def can_begin_to_read(database: Path) -> bool:
    with closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except sqlite3.OperationalError:
            return False
        return True


def test_watcher_of_a_server_that_never_answers_ends_soon_after_a_stop(
    postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_timeout, "LONGEST", 600.0)
    monkeypatch.setattr(answer_timeout, "LONGEST_WHEN_LEAVING", 0.3)
    looks, ended = list[int](), list[int]()
    look, url = Watcher._look, postgres.new_database()

    def looked(self: Watcher, store: CheckpointStore) -> None:
        looks.append(1)
        look(self, store)
        ended.append(1)

    monkeypatch.setattr(Watcher, "_look", looked)
    with a_writer(url) as writer:
        writer.save(1_000)
        kind = SpigotKind(1)
        worker = WatchingWorker(Job(kind, kind.task(DIGITS), url))
        worker.start()
        wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
        with postgres.stopped():
            wait_until(lambda: len(looks) > len(ended))  # it waits for the server
            worker.stop()
            has_ended = worker.join(20)
        assert worker.join(60)
    assert has_ended


def test_postgres_commit_does_not_wait_for_a_read_of_the_watcher(
    monkeypatch: pytest.MonkeyPatch, postgres: Server
) -> None:
    idle = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE state = 'idle in transaction' AND datname = current_database()"
    )
    at_rest: list[object] = []
    rest = Watcher._rest
    url = postgres.new_database()

    def rested(self: Watcher) -> None:
        at_rest.extend(postgres.query(idle, url))
        rest(self)

    monkeypatch.setattr(Watcher, "_rest", rested)
    with a_writer(url) as writer:
        writer.save(1_000)
        kind = SpigotKind(1)
        worker = WatchingWorker(Job(kind, kind.task(DIGITS), url))
        with in_the_middle_of_a_read(monkeypatch) as is_reading:
            worker.start()
            assert is_reading.wait(60)
            writer.save(1_000)  # here, in this thread: it would wait for ever
        wait_until(lambda: worker.snapshot.saved == len(writer.machine.output))
        wait_until(lambda: len(at_rest) > 2)
        worker.stop()
        assert worker.join(60)
    assert set(at_rest) == {(0,)}
