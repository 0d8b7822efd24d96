"""A server of the app on a free port."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.helpers import started, wait_until


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Served(NamedTuple):
    """A running server."""

    port: int
    token: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(database: Path | None, *more: str, digits: int | None = 20_000) -> Iterator[Served]:
    """Start a server of the app on this database, or without `--db` if that is None.

    `more` are further words of the command. Its app computes `digits` digits of pi; if that is
    None, `more` says what the app shows.
    """
    port = free_port()
    more += () if digits is None else ("--digits", str(digits))
    where = () if database is None else ("--db", database)
    with started("serve", *where, "--port", port, *more) as process:
        assert process.stdout
        url = process.stdout.readline().decode().strip()
        assert url.startswith(f"http://127.0.0.1:{port}/")
        wait_until(lambda: is_open(port))
        yield Served(port, url.partition("?token=")[2], process)
