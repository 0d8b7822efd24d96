"""Output that waits for a reader: a FIFO, a pipe nobody empties. A signal ends it, all is saved."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from pi_tui import Kind, resumable
from pi_tui.checkpoints.store import CheckpointStore
from tests.helpers import PI_TUI, pi, pi_tui, saved, started, wait_until
from tests.terminal.emulator import Terminal

DIGITS = 300_000
"""Too many for the buffer of a pipe."""
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PROGRAM = """
import os, signal, sys
from pi_tui import carry_on, resumable

@resumable
def numbers(goal, at=0):
    while at < goal:
        at += 1
        yield {"at": at}, f"{at}\\n"
    os.kill(os.getpid(), signal.SIGNAL)  # all is computed by now

if __name__ == "__main__":
    MAIN
"""
MAINS = {
    "a file": "sys.exit(carry_on(numbers.kind, numbers.task(3), 'n.db', to='out')[0])",
    "stdout": "numbers.main(['100000', '--db', 'n.db'])",
    "a call": "numbers.run(3, db='n.db'); open('out', 'w')",
    "many tasks": "numbers.run_all([numbers.task(3)], db='n.db'); open('out', 'w')",
}


def is_asleep(child: subprocess.Popen[bytes]) -> bool:
    """Return True if the process has only its main thread, which waits for something."""
    threads = os.listdir(f"/proc/{child.pid}/task")
    stat = Path(f"/proc/{child.pid}/stat").read_text("ascii", "replace")
    return len(threads) == 1 and stat.rpartition(")")[2].split()[0] == "S"


@contextmanager
def full_pipe() -> Iterator[int]:
    """Yield the end to write to of a pipe that has no room, and is not read."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    for size in (4096, 1):
        with suppress(BlockingIOError):
            while True:
                os.write(write, bytes(size))
    os.set_blocking(write, True)
    try:
        yield write
    finally:
        os.close(read)
        os.close(write)


def writes_to_stderr(pid: int) -> bool:
    """Return True if the main thread of the process is within a system call on descriptor 2."""
    return Path(f"/proc/{pid}/task/{pid}/syscall").read_text().split()[1:2] == ["0x2"]


@contextmanager
def reader_that_does_not_read(fifo: Path) -> Iterator[None]:
    descriptor = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield
    finally:
        os.close(descriptor)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    database = tmp_path_factory.mktemp("filled") / "pi.sqlite3"
    done = pi_tui("run", "--digits", DIGITS, "--no-verify", "--db", database)
    assert done.returncode == 0
    return database


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux's /proc")
@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize(
    "has_reader", [False, True], ids=["no reader", "a reader that reads nothing"]
)
@pytest.mark.parametrize("command", ["run --digits 300000 -o", "export -o", "picture walk -o"])
def test_signal_ends_command_whose_output_waits_for_a_reader(
    command: str, has_reader: bool, number: signal.Signals, filled: Path, tmp_path: Path
) -> None:
    fifo = tmp_path / "out.svg"
    os.mkfifo(fifo)
    with started("--db", filled, *command.split(), fifo) as child:
        if has_reader:
            with reader_that_does_not_read(fifo):
                wait_until(lambda: is_asleep(child))
                child.send_signal(number)
                assert child.wait(60) == 128 + number
        else:
            wait_until(lambda: is_asleep(child))
            child.send_signal(number)
            assert child.wait(60) == 128 + number
        assert child.stderr is not None
        assert b"Traceback" not in child.stderr.read()
    assert saved(filled) == DIGITS


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
def test_signal_after_the_last_step_lets_the_run_complete_and_sets_the_exit_code(
    main: str, number: signal.Signals, tmp_path: Path
) -> None:
    code = PROGRAM.replace("SIGNAL", number.name).replace("MAIN", main)
    (tmp_path / "program.py").write_text(code)
    os.mkfifo(tmp_path / "out")
    command = [sys.executable, "program.py"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, **streams) as child:  # type: ignore[call-overload]
        try:
            assert child.wait(60) == 128 + number
        finally:
            child.kill()
    done = pi_tui("status", "--db", tmp_path / "n.db")
    assert "complete" in done.stdout


def test_fifo_gets_the_whole_output_once_there_is_a_reader(filled: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "out"
    os.mkfifo(fifo)
    for command in ("run --digits 300000 -o", "export -o"):
        with started("--db", filled, *command.split(), fifo) as child:
            assert fifo.read_bytes() == b"3." + pi(DIGITS) + b"\n"
            assert child.wait(60) == 0
    assert fifo.is_fifo()


def test_reader_that_leaves_a_fifo_is_reported_in_one_line_at_most(
    filled: Path, tmp_path: Path
) -> None:
    fifo = tmp_path / "out"
    os.mkfifo(fifo)
    line = f'head -c 9 {fifo} & exec "$0" "$@"'
    command = [*PI_TUI, "export", "--db", str(filled), "-o", str(fifo)]
    done = subprocess.run(["sh", "-c", line, *command], capture_output=True, check=False)
    assert done.returncode in (6, 128 + signal.SIGPIPE)
    assert re.fullmatch(rb"(pi-tui: [^\n]+\n)?", done.stderr)


ENDLESS = """
import sys
from pi_tui import resumable

@resumable
def endless(goal, at=0):
    while True:
        at += 1
        yield {"at": at}, f"{at}\\n"

if __name__ == "__main__":
    MAIN
"""
CALLS = {
    "one": "endless.run(3, db='n.db')",
    "many": "endless.run_all([endless.task(3)], db='n.db')",
}


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux's /proc")
@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("main", CALLS.values(), ids=CALLS)
def test_signal_saves_and_ends_a_run_whose_stderr_nobody_reads(
    main: str, number: signal.Signals, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(ENDLESS.replace("MAIN", main))
    command = [sys.executable, "program.py"]
    with full_pipe() as pipe, subprocess.Popen(command, cwd=tmp_path, stderr=pipe) as child:
        try:
            wait_until(lambda: writes_to_stderr(child.pid))
            before = saved_bytes(tmp_path)
            child.send_signal(number)
            assert child.wait(60) == 128 + number
        finally:
            child.kill()
    assert saved_bytes(tmp_path) > before


SILENT = """
import importlib
from endless import endless
importlib.import_module("pi_tui.carry_on").BLOCKED_SECONDS = 0.5
importlib.import_module("pi_tui.reports.status_line").LINE_SECONDS = EVERY
endless.run_all([endless.task(3)], db="n.db")
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="needs Linux's /proc")
@pytest.mark.parametrize("is_waiting", [False, True], ids=["computing", "waiting"])
@pytest.mark.parametrize("seconds", [0, 9_999], ids=["in a line", "before the first line"])
def test_sigterm_ends_carry_on_all_whose_last_lines_nobody_reads(
    seconds: int, is_waiting: bool, tmp_path: Path
) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS.replace("MAIN", "pass"))
    (tmp_path / "program.py").write_text(SILENT.replace("EVERY", str(seconds)))
    kind: Kind = resumable(name="endless")(lambda goal: iter(())).kind
    command = [sys.executable, "program.py"]
    with ExitStack() as stack:
        if is_waiting:
            store = stack.enter_context(CheckpointStore.open(str(tmp_path / "n.db"), kind))
            store.open_run(kind.task(3))  # type: ignore[attr-defined]
        pipe = stack.enter_context(full_pipe())
        child = stack.enter_context(subprocess.Popen(command, cwd=tmp_path, stderr=pipe))
        stack.callback(child.kill)
        if seconds:
            wait_until(lambda: handles_sigterm(child.pid) if is_waiting else saved_bytes(tmp_path))
        else:
            wait_until(lambda: writes_to_stderr(child.pid))
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 128 + signal.SIGTERM


def handles_sigterm(pid: int) -> bool:
    """Return True if the process has a handler of SIGTERM."""
    status = Path(f"/proc/{pid}/status").read_text()
    (mask,) = re.findall(r"SigCgt:\s*(\w+)", status)
    return bool(int(mask, 16) >> (signal.SIGTERM - 1) & 1)


def saved_bytes(folder: Path) -> int:
    found = pi_tui("status", "--json", "--db", folder / "n.db").stdout
    return sum(int(run["saved"]) for run in json.loads(found or "[]"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_saves_and_ends_a_run_on_a_terminal_stopped_by_ctrl_s(
    number: signal.Signals, database: Path
) -> None:
    run = ("--digits", 9_000_000, "--checkpoint-every", 0, "--db", database)
    with Terminal("run", *run) as terminal:
        terminal.see("running")
        terminal.send(b"\x13")
        wait_until(lambda: is_stopped(terminal))
        os.kill(terminal.pid, number)
        assert terminal.wait() == 128 + number
    assert "unfinished, checkpoint 1 " in pi_tui("status", "--db", database).stdout


def is_stopped(terminal: Terminal) -> bool:
    """Return True if a thread of the program is within a write to the terminal."""
    tasks = Path(f"/proc/{terminal.pid}/task").iterdir()
    return any((task / "syscall").read_text().split()[1:2] == ["0x2"] for task in tasks)
