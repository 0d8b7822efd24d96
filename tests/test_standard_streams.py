"""Standard streams that are closed, full, or no longer read: said in one line, or no harm done."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pi_tui import Items, carry_on, carry_on_all, cli, resumable
from pi_tui.errors import StorageError
from pi_tui.reports import status_line
from pi_tui.reports.standard_output import (
    drop_unwritten_output,
    is_terminal,
    to_stdout,
)
from tests.helpers import PI_TUI, pi, pi_tui
from tests.terminal.emulator import Terminal

PRINTS = {
    "status": "status",
    "status as JSON": "status --json",
    "status again and again": "status --watch",
    "runs": "runs",
    "runs as JSON": "runs --json",
    "export": "export",
    "find": "find 14",
    "find as JSON": "find 14 --json",
    "run": "run --digits 70",
    "no command": "--digits 70",
    "help": "--help",
    "help of a command": "run --help",
    "version": "--version",
    "completion": "--print-completion bash",
}
"""Every command that prints on standard output."""
FULL = ">/dev/full"
PROGRAM = '''
from pi_tui import Items, resumable

@resumable
def numbers(goal, at=0):
    """Count to GOAL."""
    while at < goal:
        at += 1
        yield {"at": at}, f"{at}\\n"

def same(number):
    return number

if __name__ == "__main__":
    MAIN
'''
MAINS = {
    "a generator": "numbers.main(['3'])",
    "items": "Items(same, [1, 2, 3], workers=1, threads=True).main()",
    "a call": "print(numbers.run(3).decode(), end='')",
    "many tasks": "print(next(iter(numbers.run_all([numbers.task(3)]).values())).decode(), end='')",
}


def under_a_shell(
    redirection: str, *arguments: object, cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose streams a shell redirects."""
    line = f"{shlex.join(map(str, arguments))} {redirection}"
    return subprocess.run(["bash", "-c", line], capture_output=True, cwd=cwd, check=False)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a database with a complete run of 70 digits."""
    database = tmp_path_factory.mktemp("filled") / "pi.sqlite3"
    assert pi_tui("run", "--digits", "70", "--db", database).returncode == 0
    return database


@pytest.mark.parametrize(
    ("command", "redirection"),
    [
        *((command, redirection) for command in PRINTS.values() for redirection in (">&-", FULL)),
        *(("status", redirection) for redirection in (">&- <&-", "1</dev/null")),
    ],
)
def test_closed_or_full_stdout_is_reported_in_one_line_with_exit_code_6(
    command: str, redirection: str, filled: Path
) -> None:
    done = under_a_shell(redirection, *PI_TUI, "--db", filled, *command.split())
    assert done.returncode == 6
    said = [line for line in done.stderr.splitlines() if b"digits, verified" not in line]
    reason = rb"No space left on device" if redirection == FULL else rb"it is closed"
    assert len(said) == 1
    assert re.fullmatch(rb"pi-tui: cannot write to standard output: " + reason, said[0])


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_disk_behind_stdout_is_reported_with_and_without_a_buffer(
    unbuffered: str, filled: Path
) -> None:
    child = ["env", f"PYTHONUNBUFFERED={unbuffered}", *PI_TUI, "export", "--db", filled]
    done = under_a_shell(FULL, *child)
    assert (done.returncode, done.stderr.count(b"\n")) == (6, 1)


@pytest.mark.parametrize("redirection", ["<&-", "2>&-", "2>/dev/full", "<&- 2>&-"])
@pytest.mark.parametrize("command", ["run --digits 70", "export", "find 14", "status", "check"])
def test_commands_succeed_with_a_closed_or_full_stream_that_they_do_not_need(
    command: str, redirection: str, filled: Path
) -> None:
    done = under_a_shell(redirection, *PI_TUI, *command.split(), "--db", filled)
    assert done.returncode == 0
    if command in ("export", "run --digits 70"):
        assert done.stdout == b"3." + pi(70) + b"\n"
    assert b"Traceback" not in done.stderr
    assert pi_tui("check", "--db", filled).returncode == 0


def test_run_into_a_file_needs_no_stdout(database: Path) -> None:
    target = database.parent / "pi.txt"
    done = under_a_shell(">&-", *PI_TUI, "run", "--digits", 70, "--db", database, "-o", target)
    assert done.returncode == 0, done.stderr
    assert target.read_bytes() == b"3." + pi(70) + b"\n"


@pytest.mark.parametrize("redirection", [">&-", "1</dev/null", ">/dev/full"])
def test_app_needs_no_stdout(redirection: str, database: Path) -> None:
    line = f"exec {shlex.join([*PI_TUI, '--digits', '60', '--db', str(database)])} {redirection}"
    start = f"import os; os.execvp('bash', ['bash', '-c', {line!r}])"
    with Terminal(program=("-c", start)) as terminal:
        terminal.see("complete")
        terminal.send("q")
        assert (terminal.wait(), terminal.left_behind()) == (0, [])


@pytest.mark.parametrize("main", MAINS.values(), ids=MAINS)
@pytest.mark.parametrize(
    ("redirection", "code", "whole"),
    [
        ("", 0, True),
        ("<&-", 0, True),
        ("2>&-", 0, True),
        ("<&- 2>&-", 0, True),
        ("2>/dev/full", 0, True),
        (">&-", 6, False),
        (">/dev/full", 6, False),
    ],
)
def test_program_of_a_user_computes_even_with_closed_or_full_streams(
    redirection: str, code: int, whole: bool, main: str, tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.replace("MAIN", main))
    done = under_a_shell(redirection, sys.executable, "program.py", cwd=tmp_path)
    assert done.stdout == (b"1\n2\n3\n" if whole else b"")
    if ".main(" in main:  # else it prints by itself
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        assert (b"cannot write to standard output: " in done.stderr) == (code == 6)
    elif whole:
        assert done.returncode == 0
    (database,) = tmp_path.glob("*.sqlite3")
    assert "complete" in pi_tui("status", "--db", database).stdout


def test_main_of_a_generator_shows_no_traceback_when_the_reader_of_its_pipe_leaves(
    tmp_path: Path,
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM.replace("MAIN", "numbers.main(['30000'])"))
    done = under_a_shell("| head -n 2", sys.executable, "program.py", cwd=tmp_path)
    assert (done.stdout, b"Traceback" in done.stderr) == (b"1\n2\n", False)


class Tee:
    """A stream that only copies text, as a program may put in place of standard output."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def getvalue(self) -> str:
        return self.text


@resumable
def greek(goal: int, at: int = 0) -> Iterator[Any]:
    while at < goal:
        at += 1
        yield {"at": at}, f"{at} π\n"


@resumable(name="π")
def named(goal: int, at: int = 0, *, name: str = "") -> Iterator[Any]:
    while at < goal:
        at += 1
        yield {"at": at}, f"{at}\n"


def same(number: int) -> int:
    return number


@pytest.mark.parametrize("stream", [StringIO, Tee])
@pytest.mark.parametrize("start", ["computed", "found complete"])
def test_output_reaches_stdout_if_both_streams_are_objects_without_a_descriptor(
    stream: type[StringIO | Tee],
    start: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database, out, err = str(tmp_path / "db"), stream(), stream()
    if start == "found complete":
        greek.run(3, db=database)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with pytest.raises(SystemExit) as left:
        greek.main(["3", "--db", database])
    drop_unwritten_output()
    assert (left.value.code, out.getvalue()) == (0, "1 π\n2 π\n3 π\n")
    assert "Error" not in err.getvalue()


@pytest.mark.parametrize("how", ["closed", "of few characters"])
@pytest.mark.parametrize("computes", ["one", "all"])
def test_run_completes_although_stderr_cannot_take_its_progress(
    computes: str, how: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_line, "LINE_SECONDS", 0.0)
    stream = TextIOWrapper(BytesIO(), encoding="ascii")
    if how == "closed":
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    task, whole = named.task(3, name="π"), b"1\n2\n3\n"
    if computes == "one":
        assert carry_on(named.kind, task, str(database)) == (0, whole)
    else:
        assert carry_on_all(named.kind, [task], str(database)) == (0, {task: whole})


def test_items_and_the_runs_command_print_to_an_object_that_replaces_stdout(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Tee()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "argv", ["same", "--db", str(database)])
    with pytest.raises(SystemExit) as left:
        Items(same, [1, 2], threads=True).main()
    assert (left.value.code, out.text) == (0, "1\n2\n")
    assert cli.main(["--db", str(database), "runs"]) == 0
    assert "same" in out.text


def test_character_written_in_two_pieces_reaches_a_replaced_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = Tee()
    monkeypatch.setattr(sys, "stdout", out)
    to_stdout([b"\xcf", bytearray(b"\x80"), b"\xff"])
    assert out.text == "π�"


@pytest.mark.parametrize("how", ["closed", "removed", "replaced"])
def test_to_stdout_raises_storage_error_if_the_program_made_stdout_unusable(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = StringIO()
    closed.close()
    streams = {"closed": closed, "removed": None, "replaced": SimpleNamespace(write=len)}
    monkeypatch.setattr(sys, "stdout", streams[how])
    with pytest.raises(StorageError, match="cannot write to standard output: "):
        to_stdout([b"1"])
    drop_unwritten_output()
    assert not is_terminal(sys.stdout)


def test_error_while_the_output_is_made_is_not_blamed_on_stdout() -> None:
    def pieces() -> Iterator[bytes]:
        yield b""
        raise AttributeError("no such name")

    with pytest.raises(AttributeError, match="no such name"):
        to_stdout(pieces())
