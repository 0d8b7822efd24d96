"""The output of `run` and `export`: files, devices, a terminal, and streams that are closed."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
from pathlib import Path

import pytest

from tests.commands.long_run import OFTEN, SLOW
from tests.helpers import PI_TUI, pi, pi_tui, saved, started, wait_until
from tests.terminal.emulator import Terminal


def test_output_file_appears_complete_and_a_terminated_run_leaves_none(
    database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "pi.txt"
    with started("run", *SLOW, *OFTEN, "--db", database, "-o", target) as child:
        wait_until(lambda: saved(database))
        assert not target.exists()
        child.send_signal(signal.SIGTERM)
        assert child.wait(60) == 143
    assert sorted(p.name for p in tmp_path.iterdir() if "pi.txt" in p.name) == []
    pi_tui("run", "--digits", "90", "--db", database, "-o", target)
    assert target.read_bytes() == b"3." + pi(90) + b"\n"


def test_existing_output_file_keeps_permissions_and_new_one_gets_defaults(
    database: Path, tmp_path: Path
) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("old")
    old.chmod(0o604)
    for target in (old, new):
        pi_tui("run", "--digits", "9", "--db", database, "-o", target, umask=0o027)
    modes = [stat.S_IMODE(target.stat().st_mode) for target in (old, new)]
    assert modes == [0o604, 0o640]


def test_output_file_behind_a_link_is_written_and_the_link_stays(
    database: Path, tmp_path: Path
) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    pi_tui("run", "--digits", "9", "--db", database, "-o", link)
    assert link.is_symlink()
    assert real.read_bytes() == b"3." + pi(9) + b"\n"


def test_run_command_writes_to_a_device_named_as_output(database: Path) -> None:
    done = pi_tui("run", "--digits", "9", "--db", database, "-o", "/dev/stdout")
    assert done.stdout.encode() == b"3." + pi(9) + b"\n"


@pytest.mark.parametrize("command", ["run", "export"])
def test_output_named_by_a_dash_is_standard_output(
    command: str, database: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    pi_tui("run", "--digits", "9", "--db", database)
    done = pi_tui(command, "--digits", "9", "--db", database, "-o", "-", cwd=folder)
    assert done.stdout.encode() == b"3." + pi(9) + b"\n"
    assert list(folder.iterdir()) == []


def test_run_with_a_dash_as_output_shows_its_digits_on_a_terminal(database: Path) -> None:
    with Terminal("run", "--digits", 9, "--db", database, "-o", "-") as terminal:
        assert terminal.wait() == 0
        assert b"3." + pi(9) + b"\r\n" in terminal.raw


def test_export_ends_silently_when_its_reader_has_gone(database: Path) -> None:
    pi_tui("run", "--digits", "200000", "--no-verify", "--db", database)
    with started("export", "--db", database) as child:
        assert child.stdout
        assert child.stderr
        assert child.stdout.read(4) == b"3.14"
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 128 + signal.SIGPIPE


def test_run_whose_stderr_pipe_is_closed_ends_with_the_exit_code_of_sigpipe(database: Path) -> None:
    read, write = os.pipe()
    with started("run", *SLOW, *OFTEN, "--db", database, stderr=write) as child:
        os.close(write)
        wait_until(lambda: saved(database))
        before = saved(database)
        os.close(read)
        assert child.wait(60) == 128 + signal.SIGPIPE
    assert saved(database) > before


def test_progress_in_a_pipe_is_plain_lines(database: Path) -> None:
    done = pi_tui("run", "--digits", "60000", "--db", database)
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    assert all(re.match(r"preparing|running|verifying|60,000", s) for s in done.stderr.splitlines())


def test_stdout_stays_empty_if_a_signal_ends_the_run(
    running: subprocess.Popen[bytes],
) -> None:
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=60)
    assert out == b""


def test_full_disk_behind_stderr_does_not_stop_the_run(database: Path) -> None:
    with open("/dev/full", "w") as full:
        for command, code in ((["run", "--digits", "60000"], 0), (["status", "--digits", "9"], 2)):
            child = [*PI_TUI, *command, "--db", str(database)]
            done = subprocess.run(child, stdout=subprocess.PIPE, stderr=full, check=False)
            assert done.returncode == code
    assert saved(database) == 60_000


def test_stderr_pipe_closed_before_the_start_does_not_change_the_exit_code(database: Path) -> None:
    pi_tui("run", "--digits", "90", "--db", database)
    for command, code in ((["run", "--digits", "90"], 0), (["status", "--digits", "9"], 2)):
        read, write = os.pipe()
        os.close(read)
        child = [*PI_TUI, *command, "--db", str(database)]
        done = subprocess.run(child, stdout=subprocess.PIPE, stderr=write, check=False)
        os.close(write)
        assert done.returncode == code
