"""`pi-tui serve`: the app in a browser, on this machine only."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Sequence

from pi_tui.errors import UsageError
from pi_tui.worker import garbage

HOST = "127.0.0.1"
"""The address to listen on; never public, because the page can delete runs and write files."""


def serve(named_location: str, port: int, words: Sequence[str], *, token: bool) -> int:
    """Serve the app on this machine until ctrl+c, SIGTERM or SIGHUP; then return 0.

    Every browser tab runs its own process.

    `words` are the command line of the app, such as `open collatz:collatz 1000`. With `token`, the
    address that is printed holds a random word, and requests without the word are rejected. The
    tabs use the database `named_location` (if it is "", the usual one), by way of the environment
    variable PI_TUI_DB, which is set in this process too. Raises UsageError if textual-serve is not
    installed or the port cannot be used.
    """
    try:
        from pi_tui.commands.web import TabServer
    except ImportError:
        raise UsageError("serving needs textual-serve: pip install 'pi-tui[web]'") from None
    door = _claim(port)
    garbage.settle()
    if named_location:
        # In the environment, because a password in a URL must not show in the list of processes.
        os.environ["PI_TUI_DB"] = named_location
    word = secrets.token_urlsafe(16) if token else ""
    # -P ignores modules in the working folder, such as a file named sqlite3.py.
    command = [sys.executable, "-P", "-m", "pi_tui", *words]
    is_own = not words or words[0] not in ("open", "watch")
    title = "π pi-tui" if is_own else " ".join(["pi-tui", *words])
    TabServer(command, HOST, port, word, title=title).run(door)
    return 0


def _claim(port: int) -> socket.socket:
    """Return a socket that listens on `port`. Raises UsageError if the port cannot be used."""
    if not 1 <= port <= 65535:
        raise UsageError(f"{port} is not a port; use a whole number from 1 to 65535")
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # the error's own text repeats the address
        raise UsageError(f"port {port}: {reason}; choose another with --port") from error
