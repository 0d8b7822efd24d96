"""A crash as the user sees it: the kill, and the message of the next start."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from tests.helpers import pi, pi_tui, saved
from tests.terminal.emulator import Terminal

DIGITS = 100_000


def app(database: Path, *more: object, size: tuple[int, int] = (80, 24)) -> Terminal:
    slow = ("--pace", "500", "--checkpoint-every", "0", "--digits-per-step", "100")
    return Terminal("--digits", DIGITS, "--db", database, *slow, *more, size=size)


def save(terminal: Terminal, database: Path) -> None:
    """Wait until digits are saved; the first digits shown come from a smaller spigot, unsaved."""

    def is_saved() -> int:
        terminal.send("c")
        return saved(database)

    terminal.until(is_saved)


def test_crash_test_kills_the_app_and_the_next_start_reports_all_saved_digits(
    database: Path,
) -> None:
    with app(database) as first:
        first.see("running")
        save(first, database)
        before = saved(database)
        first.send("\x10")
        first.see("Search for commands")
        first.send("crash test")
        first.see("Kill pi-tui with SIGKILL")
        first.send("\r")
        first.see("Kill this pi-tui now")
        first.send("\x1b[B\r")
        assert first.wait() == -signal.SIGKILL
        assert first.left_behind() == []
        first.read("killed by SIGKILL, as you wished; `pi-tui --db")
    kept = saved(database)
    assert kept >= before
    with app(database) as second:
        second.read(f"all {kept:,} saved digits are there")
    out = pi_tui("export", "--digits", DIGITS, "--db", database).stdout
    assert out.strip().encode() == b"3." + pi(DIGITS)[: saved(database)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_app_after_a_kill_reports_how_many_seconds_after_its_last_save_it_was_cut_off(
    size: tuple[int, int], database: Path
) -> None:
    with app(database) as first:
        first.see("running")
        save(first, database)
        first.see(r"saved +[4-9] s ago")
        first.signal(signal.SIGKILL)
        first.wait()
    made = saved(database)
    with app(database, size=size) as second:
        said = second.see(r".*was cut off.*")[0]
        assert re.search(r"\b\d+ s after its (save|last checkpoint)", said)
        assert f"all {made:,}" in said
        assert second.screen.count("was cut off") == 1, "no toast says it again"


def test_resume_message_is_shown_and_goes_away_by_itself(database: Path) -> None:
    with app(database) as first:
        first.see("running")
        save(first, database)
        first.send("q")
        first.wait()
    with app(database) as second:
        second.see(rf"goes on after {saved(database):,} digits, saved \d\d")
        second.until(lambda: "goes on after" not in second.screen)


def test_run_command_after_a_kill_says_how_long_after_its_last_save_the_app_was_cut_off(
    database: Path,
) -> None:
    with app(database) as first:
        first.see("running")
        save(first, database)
        first.see(r"saved +[4-9] s ago")
        first.signal(signal.SIGKILL)
        first.wait()
    done = pi_tui("run", "--digits", DIGITS, "--db", database)
    assert "was cut off" in done.stderr
    assert " s after its last checkpoint" in done.stderr
