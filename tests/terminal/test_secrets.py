"""The database password is never shown, whatever breaks in pi-tui."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checkpoints.server import Server
from tests.terminal.emulator import Terminal

MARK = b"m4rked-s3cret"
URL = f"postgresql+psycopg://me:{MARK.decode()}@127.0.0.1:9/pi?connect_timeout=1"
"""A server that does not answer; the app opens all the same, and reports it."""
BREAK = """
import sys
from pi_tui.cli import main
import {module} as module

def broken(*arguments, **options):
    location = secret = {url!r}
    raise RuntimeError(f"a bug; the database is {{location}}")

setattr(module.{owner}, {name!r}, broken)
sys.exit(main(sys.argv[1:]))
"""
PLACES = {
    "timer": ("pi_tui.app.live", "Live", "_tick", ""),
    "opening": ("pi_tui.app.app", "RunApp", "open", ""),
    "look": ("pi_tui.app.live", "Live", "look", ""),
    "action": ("pi_tui.app.app", "RunApp", "action_help", "?"),
    "conversation": ("pi_tui.app.talk.changing_runs", "RunChanges", "browse", "r"),
    "key": ("pi_tui.app.talk.key_queue", "KeyQueue", "_obey", "x"),
    "widget": ("pi_tui.pi.app.views.digit_view", "DigitView", "render_line", ""),
    "dialog": ("pi_tui.app.screens.help", "HelpScreen", "compose", "?"),
    "thread": ("pi_tui.app.screens.runs_list", "RunsList", "__init__", "r"),
    "leaving": ("pi_tui.app.terminal.quitting", "Quitting", "_settle", "q"),
    "driver": ("pi_tui.app.terminal.driver", "TerminalDriver", "process_message", "x"),
    "last step": ("pi_tui.app.terminal.quitting", "Quitting", "_exit", "q"),
}


def program(place: str) -> tuple[str, str]:
    module, owner, name, _ = PLACES[place]
    return "-c", BREAK.format(module=module, owner=owner, name=name, url=URL)


@pytest.mark.parametrize("place", PLACES)
def test_bug_at_12_places_of_the_app_ends_it_with_code_1_and_shows_no_password(place: str) -> None:
    arguments = ("--digits", 2000, "--db", URL)
    with Terminal(*arguments, program=program(place)) as terminal:
        if keys := PLACES[place][-1]:
            terminal.see("2,000")
            terminal.send(keys)
        code = terminal.wait()
        assert (code, terminal.left_behind()) == (1, [])
        assert b"a bug; the database is postgresql" in b"".join(terminal.raw.split(b"\r\n"))
        assert MARK not in terminal.raw


@pytest.mark.parametrize(
    ("module", "owner", "name"),
    [
        ("pi_tui.worker.worker", "Worker", "_work"),
        ("pi_tui.reports.progress", "RunProgress", "show"),
        ("pi_tui.pi.commands.compute", "Worker", "start"),
    ],
)
def test_bug_in_worker_or_progress_of_the_run_command_shows_no_password(
    module: str, owner: str, name: str
) -> None:
    code = BREAK.format(module=module, owner=owner, name=name, url=URL)
    with Terminal("run", "--digits", 2000, "--db", URL, program=("-c", code)) as terminal:
        assert terminal.wait() == 1
        assert b"a bug" in terminal.raw
        assert MARK not in terminal.raw


def test_app_export_in_deleted_folder_shows_no_password(postgres: Server, tmp_path: Path) -> None:
    url = postgres.new_database()
    head, _, rest = url.removeprefix("postgresql://").partition("@")
    user = head.partition(":")[0]
    secret = f"postgresql://{user}:{MARK.decode()}@{rest}"  # the server asks for no password
    folder = tmp_path / "gone"
    folder.mkdir()
    leave = (
        "import os, sys\n"
        f"os.chdir({str(folder)!r})\n"
        "from pi_tui.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    arguments = ("--digits", 2000, "--pace", "max", "--db", secret)
    with Terminal(*arguments, program=("-c", leave)) as terminal:
        terminal.see("complete")
        folder.rmdir()
        terminal.send("e\r")
        terminal.until(lambda: "Into which file" in terminal.screen or not terminal.is_running)
        if terminal.is_running:
            terminal.send("\r")
            terminal.send("\x1b")
        terminal.until(lambda: "Into" not in terminal.screen or not terminal.is_running)
        terminal.send("\x03")
        terminal.wait()
        assert MARK not in terminal.raw
