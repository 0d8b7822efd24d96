"""The app in a real terminal: a run from start to end, and every way to exit."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.pi.spigot.kind import SpigotKind
from tests.helpers import pi, pi_tui, saved, wait_until
from tests.terminal.emulator import Terminal

DIGITS = 6_000


def app(database: Path, *more: object, size: tuple[int, int] = (80, 24)) -> Terminal:
    return Terminal("--digits", DIGITS, "--db", database, *more, size=size)


def shown(terminal: Terminal) -> int:
    """Return the number of digits that the screen shows."""
    return int(terminal.see(r"digits +([\d,]+) of 6,000")[1].replace(",", ""))


def test_app_starts_pauses_quits_resumes_survives_a_kill_and_finishes(database: Path) -> None:
    with app(database) as terminal:
        terminal.see("running")
        terminal.see("1415926535 8979323846 2643383279")
        terminal.see(r"\b[1-9]\d\d of 6,000")
        terminal.send("p")
        terminal.see("paused")
        paused = shown(terminal)
        assert saved(database) == paused, "paused means saved"
        with CheckpointStore.open(str(database), SpigotKind(), write=False) as store:
            assert store.output(store.runs()[0], 0, paused) == pi(paused)
        assert shown(terminal) == paused, "digits have stopped"
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        terminal.read("goes on from there")

    with app(database, "--checkpoint-every", "200") as terminal:
        terminal.see("running")
        assert shown(terminal) >= paused, "it goes on, and not from 0"
        terminal.until(lambda: shown(terminal) > paused)
        wait_until(lambda: saved(database) > paused)
        killed_at = saved(database)
        terminal.signal(signal.SIGKILL)
        assert terminal.wait() == -signal.SIGKILL

    with app(database) as terminal:
        terminal.see("running")
        assert shown(terminal) >= killed_at, "what was saved before the kill is there"
        terminal.send("f")
        terminal.see("complete")
        terminal.see("verified")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])

    exported = pi_tui("export", "--db", database).stdout
    assert exported.strip().encode() == b"3." + pi(DIGITS)


def test_app_started_without_option_digits_resumes_the_last_run(database: Path) -> None:
    with app(database) as terminal:
        terminal.see("running")
        terminal.send("q")
        assert terminal.wait() == 0
    with Terminal("--db", database) as terminal:
        terminal.see("6,000 digits")
        terminal.see("running")
        terminal.send("q")
        assert terminal.wait() == 0


def press(keys: str) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.send(keys)


def kill(number: signal.Signals) -> Callable[[Terminal], None]:
    return lambda terminal: terminal.signal(number)


WAYS_OUT = {
    "q": (press("q"), 0),
    "ctrl+c": (press("\x03"), 0),
    "ctrl+q": (press("\x11"), 0),
    "SIGINT": (kill(signal.SIGINT), 130),
    "SIGTERM": (kill(signal.SIGTERM), 143),
    "SIGHUP": (kill(signal.SIGHUP), 129),
}


@pytest.mark.parametrize(("leave", "code"), WAYS_OUT.values(), ids=WAYS_OUT)
@pytest.mark.parametrize("state", ["running", "paused"])
def test_each_key_and_signal_to_exit_saves_first_and_leaves_a_clean_terminal(
    state: str, leave: Callable[[Terminal], None], code: int, database: Path
) -> None:
    with app(database, "--checkpoint-every", "0") as terminal:
        terminal.see("running")
        terminal.see(r"\b[1-9]\d\d of 6,000")
        if state == "paused":
            terminal.send("p")
            terminal.see("paused")
        before = shown(terminal)
        leave(terminal)
        assert (terminal.wait(), terminal.left_behind()) == (code, [])
        assert "Traceback" not in terminal.screen
    assert saved(database) >= before


def test_closed_terminal_saves_and_ends_the_app(database: Path) -> None:
    with app(database, "--checkpoint-every", "0") as terminal:
        terminal.see(r"\b[1-9]\d\d of 6,000")
        before = shown(terminal)
        terminal.close()
        assert terminal.wait() == 129
    assert saved(database) >= before


def test_app_asked_to_exit_twice_ends_and_keeps_saved_data(database: Path) -> None:
    with app(database, "--checkpoint-every", "100") as terminal:
        wait_until(lambda: saved(database) > 0)
        before = saved(database)
        for _ in range(2):
            terminal.signal(signal.SIGTERM)
        assert terminal.wait() in (143, -signal.SIGTERM)
        assert terminal.left_behind() == []
    assert saved(database) >= before


def test_exit_while_the_run_loads_ends_with_0_and_leaves_a_clean_terminal(database: Path) -> None:
    with Terminal("--digits", "10_000_000", "--db", database) as terminal:
        terminal.see("preparing")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (120, 40), (200, 60)])
def test_app_runs_at_five_sizes_and_follows_a_resize(size: tuple[int, int], database: Path) -> None:
    slow = ("--pace", 10)  # the first line stays on the screen
    with app(database, *slow, size=size) as terminal:
        terminal.see("running")
        terminal.resize(100, 30)
        terminal.see(r"1 3\.1415926535 8979323846")
        terminal.resize(*size)
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


def test_terminal_without_a_size_counts_as_80_columns(database: Path) -> None:
    """Give the terminal no size at first, as serial lines and new containers do; then resize it."""
    files = ("--db", database, "--pace", 100)
    with Terminal("--digits", 5_000, *files, tells_size=False) as terminal:
        terminal.see("running")
        terminal.see(r"(?m)^ p pause  q quit")
        terminal.resize(120, 40)
        terminal.see("digit counts")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_app_draws_in_utf_8_if_pythonioencoding_differs(encoding: str, database: Path) -> None:
    run = ("--digits", 5_000, "--db", database, "--pace", 100)
    with Terminal(*run, PYTHONIOENCODING=encoding, PYTHONUTF8="0") as terminal:
        terminal.see("π   5,000 digits")
        terminal.see("╭─ digits 1 –")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        assert "\\u" not in terminal.screen


def test_pi_tui_on_a_dumb_terminal_starts_the_run_command_instead_of_the_app(
    database: Path,
) -> None:
    with Terminal("--digits", "90", "--db", database, TERM="dumb") as terminal:
        terminal.see("90 digits, verified")
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.raw
