"""A real pgbouncer before a real PostgreSQL: each transaction may get another session."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.checkpoints.server import Server
from tests.helpers import wait_until

_PORT = 6432


class Pooler:
    """A pgbouncer of our own; in transaction mode all clients share two sessions of the server."""

    def __init__(self, server: Server, mode: str) -> None:
        program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
        if program is None:
            pytest.skip("no pgbouncer")
        self._folder = Path(tempfile.mkdtemp(prefix="pi-tui-pooler-"))
        behind = parse_qs(urlsplit(server.url).query)["host"][0]
        sessions = 2 if mode == "transaction" else 20
        settings = self._folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={behind} user=postgres\n[pgbouncer]\nlisten_addr =\n"
            f"listen_port = {_PORT}\nunix_socket_dir = {self._folder}\nauth_type = any\n"
            f"pool_mode = {mode}\ndefault_pool_size = {sessions}\n"
            f"logfile = {self._folder}/log\n"
        )
        user = server.system_user  # pgbouncer refuses root
        if user is not None:
            for path in (self._folder, settings):
                shutil.chown(path, user)
        command = [program, "-q", str(settings)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, user=user)

        def is_ready() -> bool:
            assert self._process.poll() is None, (self._folder / "log").read_text()
            return (self._folder / f".s.PGSQL.{_PORT}").exists()

        wait_until(is_ready, limit=30)

    def url(self, behind: str) -> str:
        """Return the URL of the same database through the pooler."""
        name = urlsplit(behind).path
        return f"postgresql://postgres@{name}?host={self._folder}&port={_PORT}"

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=os.geteuid() == 0)
