"""A fork server for `pi-tui`: it has imported the program, and forks a child for each call.

Importing takes most of the time of a short command. A forked child behaves like one that was
started afresh: standard streams, working directory, environment, signals and exit are its own. It
does not show what happens while Python starts and imports; tests of that start the program itself.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).parents[1]
_PRELOADED = (
    *("pi_tui.cli", "pi_tui.reports.resumed", "pi_tui.pi.which_run", "pi_tui.pi.commands.compute"),
    *("pi_tui.commands.runs", "pi_tui.pi.commands.saved_digits", "pi_tui.commands.upkeep"),
    *("pi_tui.worker.worker", "sqlalchemy.dialects.sqlite", "rich.progress", "decimal"),
    *("psycopg", "sqlalchemy.dialects.postgresql.psycopg"),
)
_READ_AT_START = ("PYTHON", "LANG", "LC_", "MALLOC")
"""Python or the C library reads these variables only while it starts."""


def can_serve(environment: Mapping[str, str]) -> bool:
    """Return True if a child of the server treats these variables as a fresh start does."""
    return _read_at_start(environment) == _server().read_at_start


class Request(NamedTuple):
    """The settings for a child, apart from its standard streams."""

    arguments: Sequence[str]
    cwd: str
    env: Mapping[str, str]
    umask: int = -1
    """The umask of the child; -1 leaves it as it is."""


def call(request: Request, *, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run `pi-tui` in a forked child; return its exit code and output as `subprocess.run` does."""
    (out, child_out), (err, child_err) = os.pipe(), os.pipe()
    command = ["pi-tui", *request.arguments]
    with _server().lock:
        with open(os.devnull) as nothing:
            pid = _server().start(request, [nothing.fileno(), child_out, child_err])
        os.close(child_out)
        os.close(child_err)
        drains = _Drain(out), _Drain(err)
        try:
            stdout, stderr = (drain.result(time.monotonic() + timeout) for drain in drains)
        except TimeoutError:
            raise subprocess.TimeoutExpired(command, timeout) from None
        finally:
            if any(drain.is_alive() for drain in drains):
                os.kill(pid, signal.SIGKILL)
            code = _server().wait()
    return subprocess.CompletedProcess(command, code, stdout, stderr)


class _Drain(threading.Thread):
    """Reads one pipe to its end in a thread, because the other pipe must be read meanwhile."""

    def __init__(self, pipe: int) -> None:
        super().__init__(daemon=True)
        self._pipe, self._text = pipe, ""
        self.start()

    def run(self) -> None:
        with os.fdopen(self._pipe) as stream:
            self._text = stream.read()

    def result(self, end: float) -> str:
        """Return everything read from the pipe; raise TimeoutError if it is open at `end`."""
        self.join(max(0.0, end - time.monotonic()))
        if self.is_alive():
            raise TimeoutError
        return self._text


class _Server:
    """The fork server, as its client sees it."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        self.lock = threading.Lock()
        self.read_at_start = _read_at_start(os.environ)
        command = [sys.executable, "-W", "error", "-m", __name__, str(theirs.fileno())]
        self._process = subprocess.Popen(
            command, cwd=_ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
        )
        theirs.close()

    def start(self, request: Request, streams: Sequence[int]) -> int:
        """Fork a child with these standard streams; return its process id."""
        data = json.dumps(request).encode()
        socket.send_fds(self._line, [len(data).to_bytes(8, "big")], streams)
        self._line.sendall(data)
        return self._number()

    def wait(self) -> int:
        """Wait for the child; return its exit code, negative for a signal."""
        return self._number()

    def close(self) -> None:
        """Make the server exit, and wait for that."""
        self._line.close()
        self._process.wait()

    def _number(self) -> int:
        data = self._line.recv(8, socket.MSG_WAITALL)
        assert len(data) == 8, "the fork server has ended"
        return int.from_bytes(data, "big", signed=True)


@cache
def _server() -> _Server:
    made = _Server()
    atexit.register(made.close)
    return made


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith(_READ_AT_START)}


# The code below runs in the fork server.


def _serve(line: socket.socket) -> bool:
    """Fork a child for each request. Returns True in a child, False when the client has gone."""
    while True:
        head, streams, _, _ = socket.recv_fds(line, 8, 3)
        if not head:
            line.close()
            return False
        size = int.from_bytes(head, "big")
        request = Request(*json.loads(line.recv(size, socket.MSG_WAITALL)))
        pid = os.fork()
        if pid == 0:
            line.close()
            _become(request, streams)
            return True
        for stream in streams:
            os.close(stream)
        line.sendall(pid.to_bytes(8, "big"))
        _, status = os.waitpid(pid, 0)
        line.sendall(os.waitstatus_to_exitcode(status).to_bytes(8, "big", signed=True))


def _become(request: Request, streams: Sequence[int]) -> None:
    """Set up this process like a child that was started afresh."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request.cwd)
    os.environ.clear()
    os.environ.update(request.env)
    time.tzset()
    if request.umask >= 0:
        os.umask(request.umask)
    sys.argv[1:] = request.arguments
    encoding = sys.stdout.encoding
    sys.stdin = open(0, encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=encoding, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding, "backslashreplace", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    for _name in _PRELOADED:
        with suppress(ImportError):
            importlib.import_module(_name)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if _serve(socket.socket(fileno=int(sys.argv[1]))):
        from pi_tui.__main__ import start

        sys.exit(start())
