"""The terminal is restored after every kind of exit: modes, title, progress, screen, cursor."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.commands.long_run import SLOW
from tests.helpers import PI_TUI, wait_until
from tests.terminal.emulator import Terminal
from tests.terminal.shell import bash, holder, state_of, typed, watched

RUN = ("--digits", 90_000, "--pace", 2_000, "--checkpoint-every", 0)
GHOSTTY: dict[str, Any] = {"TERM_PROGRAM": "ghostty", "COLORTERM": "truecolor"}
"""Environment of a terminal that shows progress in its tab."""


def watch(terminal: Terminal) -> None:
    terminal.see("running")
    terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")
    terminal.send("\x1b[?2048;2$y\x1b[?2026;2$y")  # it knows all modes
    terminal.until(lambda: b"\x1b]9;4;1;" in terminal.raw)


@pytest.mark.parametrize("way", ["q", "ctrl+z", "TERM", "HUP", "INT", "KILL", "ABRT", "SEGV"])
def test_quit_kill_or_ctrl_z_restores_terminal_modes_window_title_and_progress_bar(
    way: str, database: Path
) -> None:
    with bash(**GHOSTTY) as terminal:
        terminal.send(typed("--db", database, *RUN))
        watch(terminal)
        pid = holder(database)
        if way in ("q", "ctrl+z"):
            terminal.send("q" if way == "q" else "\x1a")
        else:
            os.kill(pid, getattr(signal, f"SIG{way}"))
        terminal.until(lambda: state_of(pid) in ("", "T"))
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
        assert terminal.raw.count(b"\x1b[<u") == 1


def test_kill_of_the_process_group_leaves_a_clean_terminal(database: Path) -> None:
    with bash() as terminal:
        pid = watched(terminal, database)
        os.killpg(pid, signal.SIGKILL)
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])


@pytest.mark.parametrize("flags", [(), ("-f",)], ids=["by name", "by command line"])
def test_pkill_of_pi_tui_does_not_kill_the_process_that_restores_the_terminal(
    flags: tuple[str, ...], tmp_path: Path, database: Path
) -> None:
    program = tmp_path / "pi-tui"  # as pip writes it
    program.write_text(f"#!{PI_TUI[0]}\nimport sys\nfrom pi_tui.__main__ import start\nstart()\n")
    program.chmod(0o755)
    with bash() as terminal:
        command = [str(program), "--db", database, *RUN]
        terminal.send(shlex.join(map(str, command)) + "\n")
        terminal.see("running")
        session = os.getsid(holder(database))
        subprocess.run(["pkill", "-9", "-s", str(session), *flags, "pi-tui"], check=True)
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])


@pytest.mark.parametrize("shell", ["", "bash --norc --noprofile -i"], ids=["shell", "in a shell"])
def test_guardian_of_a_killed_app_restores_the_terminal_even_if_another_command_follows(
    shell: str, database: Path
) -> None:
    with bash() as terminal:
        if shell:
            terminal.send(shell + "\n")
            terminal.until(lambda: terminal.raw.count(b"ready> ") > 1)
        command = typed("--db", database, *RUN).strip()
        terminal.send(f"{command}; bash -c 'echo ne''xt; read'\n")
        terminal.see("running")
        os.kill(holder(database), signal.SIGKILL)
        terminal.until(lambda: b"next" in terminal.raw)
        terminal.send("\n")
        terminal.see("its last checkpoint stands")
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
def test_terminal_that_accepts_no_bytes_at_exit_is_restored_once_it_accepts_them(
    number: signal.Signals, database: Path
) -> None:
    with bash() as terminal:
        terminal.send(typed("--db", database, "--digits", 90_000, "--checkpoint-every", 0))
        terminal.see("running")
        pid = holder(database)
        wait_until(lambda: terminal.is_stuck)
        os.kill(pid, number)
        wait_until(lambda: not state_of(pid))
        terminal.until(lambda: terminal.left_behind_by_a_job() == [])
        assert b"ran out of memory" not in terminal.raw


def test_terminal_without_a_shell_gets_its_settings_back_even_if_it_accepts_no_bytes(
    database: Path,
) -> None:
    with Terminal("--db", database, "--digits", 90_000, "--checkpoint-every", 0) as terminal:
        terminal.see("running")
        wait_until(lambda: terminal.is_stuck)
        assert terminal.is_raw
        terminal.signal(signal.SIGTERM)
        wait_until(lambda: not terminal.is_running)
        assert not terminal.is_raw


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGTSTP])
def test_run_command_that_gets_sigkill_sigabrt_or_sigtstp_leaves_a_visible_cursor(
    number: signal.Signals, database: Path
) -> None:
    with bash() as terminal:
        terminal.send(typed("run", *SLOW, "--db", database))
        terminal.see(r"running +\S+ +[1-9][\d,]*/100,000")
        pid = holder(database)
        os.kill(pid, number)
        terminal.until(lambda: state_of(pid) in ("", "T"))
        assert terminal.left_behind_by_a_job() == []
        with suppress(ProcessLookupError):  # where it was only stopped
            os.kill(pid, signal.SIGKILL)


def test_app_exits_while_its_export_waits_for_a_reader(database: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with Terminal("--digits", 2000, "--pace", "max", "--db", database) as terminal:
        terminal.see("complete")
        terminal.send(f"e\r\x15{pipe}\rd")
        terminal.until(lambda: "Into which" not in terminal.screen)
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])
        assert terminal.raw.count(b"\x1b[<u") == 1
        assert re.search(r"pipe\s+was\s+not\s+written", terminal.screen)


def test_run_command_piped_into_head_prints_report_and_digits_on_separate_lines(
    database: Path,
) -> None:
    with bash() as terminal:
        command = typed("run", "--digits", 1000, "--db", database).rstrip()
        terminal.send(f"{command} | head -c 20\n")
        terminal.see(r"(?m)^1,000 digits, verified")
        terminal.see(r"(?m)^3\.141592653589793238")


@contextmanager
def gnu_screen(tmp_path: Path) -> Iterator[Terminal]:
    """Start GNU screen with default settings and a shell in it."""
    if which("screen") is None:
        pytest.skip("no GNU screen")
    folder = tmp_path / "screens"
    folder.mkdir(mode=0o700)
    shell = "bash --norc --noprofile -i"
    start = f"import os; os.execvp('screen', 'screen -c /dev/null {shell}'.split())"
    environment: dict[str, Any] = {
        "SCREENDIR": str(folder),
        "PS1": "ready> ",
        "HISTFILE": "/dev/null",
    }
    with Terminal(program=("-c", start), **environment) as terminal:
        terminal.see("ready>")
        yield terminal
        terminal.send("exit\n")
        terminal.wait()


def test_app_in_gnu_screen_clears_its_screen_at_exit(tmp_path: Path, database: Path) -> None:
    with gnu_screen(tmp_path) as terminal:
        terminal.send(typed("--db", database, *RUN))
        terminal.see("running")
        terminal.see("checkpoint")
        terminal.send("q")
        terminal.read("goes on from there")
        terminal.see("ready>")
        assert "│" not in terminal.screen
        assert "running" not in terminal.screen
