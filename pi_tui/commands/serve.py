"""`pi-tui serve`: the app in a browser, for this machine only."""

from __future__ import annotations

import os
import shlex
import socket
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from pi_tui import garbage
from pi_tui.errors import UsageError

HOST = "127.0.0.1"
"""Never a public address: whoever reaches the page can delete runs and write files."""


def serve(location: str, port: int, digits: int | None) -> int:
    """The app is served on this machine until ctrl+c; every browser tab is a pi-tui of its own."""
    try:
        from textual_serve.server import Server
    except ImportError:
        raise UsageError("serving needs textual-serve: pip install 'pi-tui[web]'") from None
    _claim(port)
    garbage.settle()
    # By the environment: a password in a URL must not show in the list of processes.
    os.environ["PI_TUI_DB"] = location
    with tempfile.TemporaryDirectory() as folder:
        _write_page(Path(folder))
        command = app_command(digits)
        Server(command, host=HOST, port=port, title="π pi-tui", templates_path=folder).serve()
    return 0


def _write_page(folder: Path) -> None:
    """The page of textual-serve, which has no title, with one: a tab needs a name."""
    page = files("textual_serve").joinpath("templates/app_index.html").read_text("utf-8")
    if "<title" not in page:
        page = page.replace("<head>", "<head>\n    <title>{{ application.name }}</title>", 1)
    (folder / "app_index.html").write_text(page, encoding="utf-8")


def app_command(digits: int | None) -> str:
    """The shell command that starts the app behind one browser tab."""
    arguments = [] if digits is None else ["--digits", str(digits)]
    return shlex.join([sys.executable, "-m", "pi_tui", *arguments])


def _claim(port: int) -> None:
    """The port is free; otherwise an error says so in a line, and not the web server in forty."""
    if not 1 <= port <= 65535:
        raise UsageError(f"{port} is not a port; use a whole number from 1 to 65535")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise UsageError(f"port {port}: {reason}; choose another with --port") from error
