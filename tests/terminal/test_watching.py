"""A second start on a run in use, as the user sees it."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest

from pi_tui.worker.watcher import MOMENT
from tests.helpers import pi_tui, saved, wait_until
from tests.terminal.emulator import Terminal

DIGITS = 6_000
PATIENT = (
    "import sys; from pi_tui.worker import watcher; watcher.MOMENT = 600.0; "
    "from pi_tui.__main__ import start; sys.exit(start())"
)
"""The program with a longer time in which it counts as just started, for a busy machine."""


def app(database: Path, *more: object, size: tuple[int, int] = (80, 24)) -> Terminal:
    return Terminal("--digits", DIGITS, "--db", database, *more, size=size)


def shown(terminal: Terminal) -> int:
    """Return the number of digits that the screen shows."""
    return int(terminal.see(r"digits +([\d,]+) of 6,000")[1].replace(",", ""))


def beside(first: Terminal, database: Path) -> Terminal:
    """Start a second app once the first one computes."""
    first.see("running")
    return app(database)


def a_while(terminal: Terminal) -> None:
    """Wait until a process that watches would not take over at once if the writer exited."""
    start, came = shown(terminal), time.monotonic()
    terminal.until(lambda: shown(terminal) > start + 800 and time.monotonic() > came + MOMENT)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_second_app_on_a_run_in_use_shows_its_checkpoints_and_writes_nothing(
    size: tuple[int, int], database: Path
) -> None:
    with app(database, "--checkpoint-every", "0") as first:
        first.see(r"\b\d\d\d of 6,000")
        first.send("c")
        wait_until(lambda: saved(database))
        with app(database, size=size) as second:
            second.see(f"watching pid {first.pid} on ")
            wait_until(lambda: shown(second) == saved(database))
            first.send("p")
            first.see("paused")
            whole = saved(database)
            wait_until(lambda: shown(second) == whole)
            before = hashlib.sha256(database.read_bytes()).digest()
            second.send("p")
            second.see("p goes on here once")
            assert "already open" not in second.screen
            for key in "cf+":
                second.send(key)
                second.read("Only watching: pid")
                second.send("\x1b")
            second.send("/926535")
            second.see("1 of 1 hit at position 5")
            second.send("\x1b")
            second.see("q quit")
            second.send("q")
            assert (second.wait(), second.left_behind()) == (0, [])
            assert "only watched, so there was nothing to save here" in " ".join(
                second.screen.split()
            )
            assert hashlib.sha256(database.read_bytes()).digest() == before
        assert saved(database) == whole


def test_key_p_resumes_a_watched_run_after_its_writer_has_ended(database: Path) -> None:
    with app(database, "--checkpoint-every", "500") as first, beside(first, database) as second:
        second.see("watching pid")
        a_while(first)
        first.send("q")
        assert first.wait() == 0
        second.see(f"pid {first.pid} on .* has ended; p goes on with it here")
        second.send("p")
        second.see("running")
        before = saved(database)
        second.send("c")
        wait_until(lambda: saved(database) > before)


def test_killed_writer_is_noticed_and_the_run_can_be_resumed(database: Path) -> None:
    with app(database, "--checkpoint-every", "100") as first, beside(first, database) as second:
        second.see("watching pid")
        a_while(first)
        first.signal(signal.SIGKILL)
        first.wait()
        second.see("has ended; p goes on with it here")
        second.send("p")
        second.see("running")
        second.see("cut off")
        second.send("fq")
        assert second.wait() == 0


def test_watched_run_that_completes_is_shown_as_complete(database: Path) -> None:
    with app(database, "--pace", "1000") as first, beside(first, database) as second:
        first.see("complete, verified")
        second.see("Complete")  # a toast: it goes, what is in the header stays
        second.see("complete, verified")
        second.send("q")
        second.read("complete, verified")
        assert second.wait() == 0


def test_app_takes_over_from_a_writer_that_exits_right_after_the_app_starts(database: Path) -> None:
    """Start while the old process still has to save, as after the reload of a browser tab."""
    with app(database) as first:
        first.see("running")
        first.signal(signal.SIGSTOP)
        with Terminal("--db", database, program=("-W", "error", "-c", PATIENT)) as second:
            second.see("watching pid")
            first.signal(signal.SIGCONT)
            first.send("q")
            second.see("running")


def test_second_app_computes_another_run_of_the_same_database_while_the_first_goes_on(
    database: Path,
) -> None:
    with app(database, "--checkpoint-every", "100") as first:
        first.see("running")
        with Terminal("--digits", "50", "--db", database) as second:
            second.see("complete, verified")
        before = saved(database)
        wait_until(lambda: saved(database) > before)


def test_run_command_refuses_a_run_in_use(database: Path) -> None:
    with app(database) as first:
        first.see("running")
        refused = pi_tui("run", "--digits", DIGITS, "--db", database)
        assert refused.returncode == 3
        assert f"pid {first.pid}" in refused.stderr


def test_fresh_option_refuses_a_run_in_use_before_it_asks_the_user(database: Path) -> None:
    with app(database, "--checkpoint-every", "100") as first:
        wait_until(lambda: saved(database))
        with app(database, "--fresh") as second:
            second.read(f"already open in another process (pid {first.pid}")
            assert second.wait() == 3


def test_complete_run_that_another_process_deletes_is_reported_as_deleted(database: Path) -> None:
    assert pi_tui("run", "--digits", DIGITS, "--db", database).returncode == 0
    with app(database, size=(120, 40)) as terminal:
        terminal.see("complete, verified")
        terminal.see("#2 .*(ago|just now)")  # shown by the first frame, before the run is opened
        delete = ("delete", "--digits", DIGITS, "--db", database, "--yes")
        wait_until(lambda: pi_tui(*delete).returncode == 0)
        terminal.read("the run of 6,000 digits was deleted by another process")
        terminal.send("q")
        assert terminal.wait() == 6
        assert "export" not in terminal.screen


def test_opening_a_complete_run_changes_nothing_and_announces_no_completion_again(
    database: Path,
) -> None:
    assert pi_tui("run", "--digits", DIGITS, "--db", database).returncode == 0
    before = hashlib.sha256(database.read_bytes()).digest()
    old = time.time() - 3 * 3600
    os.utime(database, (old, old))
    with app(database, size=(120, 40)) as terminal:
        terminal.see("complete, verified")
        terminal.see("#2 .*(ago|just now)")
        terminal.send("q")
        assert terminal.wait() == 0
        for never in (b"preparing", b"of 0", b"auto", b"making", b"Complete"):
            assert never not in terminal.raw, never
    assert hashlib.sha256(database.read_bytes()).digest() == before
