"""`pi-tui serve`: the app in a browser, on this machine only."""

from __future__ import annotations

import os
import secrets
import socket
import sys

from pi_tui.errors import UsageError
from pi_tui.worker import garbage

HOST = "127.0.0.1"
"""The address to listen on; never public, because the page can delete runs and write files."""


def serve(location: str, port: int, digits: int | None, *, token: bool) -> int:
    """Serve the app on this machine until ctrl+c; every browser tab runs its own process."""
    try:
        from pi_tui.commands.web import TabServer
    except ImportError:
        raise UsageError("serving needs textual-serve: pip install 'pi-tui[web]'") from None
    door = _claim(port)
    garbage.settle()
    # In the environment, because a password in a URL must not show in the list of processes.
    os.environ["PI_TUI_DB"] = location
    word = secrets.token_urlsafe(16) if token else ""
    TabServer(app_command(digits), HOST, port, word).run(door)
    return 0


def app_command(digits: int | None) -> list[str]:
    """Return the command that starts the app for one browser tab."""
    arguments = [] if digits is None else ["--digits", str(digits)]
    # -P ignores modules in the working folder, such as a file named sqlite3.py.
    return [sys.executable, "-P", "-m", "pi_tui", *arguments]


def _claim(port: int) -> socket.socket:
    """Return a socket bound to that port. Raises UsageError if that fails."""
    if not 1 <= port <= 65535:
        raise UsageError(f"{port} is not a port; use a whole number from 1 to 65535")
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((HOST, port))
    except OSError as error:
        door.close()
        reason = error.strerror or str(error)
        raise UsageError(f"port {port}: {reason}; choose another with --port") from error
    return door
