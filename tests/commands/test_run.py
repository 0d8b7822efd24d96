"""`pi-tui run` in whole processes: right digits, interrupted in every way, resumed."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from pi_tui.words import counted
from tests.commands.long_run import LONG, OFTEN, SLOW, status
from tests.helpers import pi, pi_tui, saved, started, wait_until


def has_saved_more_than(count: int, database: Path) -> bool:
    return saved(database) > count


@pytest.mark.parametrize("digits", [1, 2, 10, 762, 768, 5_000])
def test_run_prints_the_digits_of_pi(digits: int, database: Path) -> None:
    done = pi_tui("run", "--digits", digits, "--db", database)
    assert done.returncode == 0
    assert done.stdout.encode() == b"3." + pi(digits) + b"\n"
    assert f"{counted(digits, 'digit')}, verified" in done.stderr


def test_messages_about_a_single_digit_use_the_singular(database: Path) -> None:
    for words in (["run", "--digits", "1"], ["verify"], ["status"], ["find", "7"]):
        done = pi_tui(*words, "--db", database)
        assert done.returncode == 0
        assert "1 digits" not in done.stdout + done.stderr
        assert "1 saved digits" not in done.stdout + done.stderr


def test_finished_run_is_printed_again_and_gets_no_new_checkpoint(database: Path) -> None:
    first = pi_tui("run", "--digits", "2000", "--db", database)
    before = status(database)
    again = pi_tui("run", "--digits", "2000", "--db", database)
    assert first.stdout == again.stdout
    assert status(database)["checkpoint"] == before["checkpoint"]


def test_run_without_verification_reports_that_it_is_not_verified(database: Path) -> None:
    done = pi_tui("run", "--digits", "100", "--no-verify", "--db", database)
    assert "not verified" in done.stderr
    assert status(database)["verified"] is False


def test_fresh_option_starts_the_run_over(database: Path) -> None:
    pi_tui("run", "--digits", "100", "--db", database)
    done = pi_tui(
        "run", "--digits", "100", "--fresh", "--yes", "--digits-per-step", "7", "--db", database
    )
    assert done.stdout.encode() == b"3." + pi(100) + b"\n"
    assert status(database)["digits_per_step"] == 7


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_saves_and_reports_how_to_resume(
    number: signal.Signals, code: int, running: subprocess.Popen[bytes], database: Path
) -> None:
    before = saved(database)
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out) == (code, b"")
    told = re.search(rb"saved ([\d,]+) of 100,000 digits; `(pi-tui [^`]+ run [^`]+)` goes on", err)
    assert told, err
    assert int(told[1].replace(b",", b"")) == saved(database) >= before > 0


def test_run_interrupted_twice_resumes_and_ends_with_the_digits_of_pi(
    database: Path,
) -> None:
    slow, before = ("--digits", "40000", "--digits-per-step", "1"), 0  # 40 times the cadence
    for _ in range(2):
        with started("run", *slow, *OFTEN, "--db", database) as child:
            wait_until(partial(has_saved_more_than, before, database))
            child.send_signal(signal.SIGINT)
            assert child.wait(60) == 130
        assert 40_000 > saved(database) > before
        before = saved(database)
    done = pi_tui("run", *slow, "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(40_000) + b"\n")


def test_run_killed_twice_loses_nothing_saved(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    first = saved(database)
    running.kill()
    running.wait()
    assert saved(database) >= first
    with started("run", *SLOW, *OFTEN, "--db", database) as child:
        wait_until(lambda: saved(database) > first)
        second = saved(database)
        child.kill()
        child.wait()
    assert saved(database) >= second
    assert pi_tui("check", "--db", database).returncode == 0
    exported = pi_tui("export", "--db", database).stdout.strip().encode()
    assert exported == b"3." + pi(len(exported) - 2)


def test_two_signals_at_the_same_time_end_the_run_and_keep_the_last_save(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    before = saved(database)
    # While stopped, both arrive at once: the first may not have been handled yet.
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
        running.send_signal(number)
    assert running.wait(60) in (-signal.SIGINT, -signal.SIGTERM, 130, 143)
    assert saved(database) >= before


def test_hangup_under_nohup_does_not_stop_the_run(database: Path) -> None:
    ignoring = {"preexec_fn": lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)}
    with started("run", *SLOW, *OFTEN, "--db", database, **ignoring) as child:
        wait_until(lambda: saved(database))
        child.send_signal(signal.SIGHUP)
        before = saved(database)
        wait_until(lambda: saved(database) > before)
        assert child.poll() is None


def test_second_writer_is_refused_with_the_pid_of_the_first(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    done = pi_tui("run", *SLOW, "--db", database)
    assert done.returncode == 3
    assert str(running.pid) in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_reading_commands_work_and_delete_is_refused_while_another_process_computes(
    running: subprocess.Popen[bytes], database: Path, tmp_path: Path
) -> None:
    assert "unfinished" in pi_tui("runs", "--db", database).stdout
    assert "100,000 digits" in pi_tui("status", "--db", database).stdout
    assert pi_tui("check", "--db", database).returncode == 0
    assert pi_tui("verify", "--digits", LONG, "--db", database).returncode == 0
    assert pi_tui("export", "--to", "5", "--db", database).stdout == "3.14159\n"
    assert pi_tui("backup", tmp_path / "copy", "--db", database).returncode == 0
    assert pi_tui("delete", "--digits", LONG, "--yes", "--db", database).returncode == 3
    assert saved(tmp_path / "copy") > 0
    assert running.poll() is None


def test_run_keeps_the_saved_digits_per_step_and_says_so_if_the_option_differs(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    running.send_signal(signal.SIGTERM)
    running.wait(60)
    with started("run", "--digits", LONG, "--digits-per-step", "50", "--db", database) as child:
        assert child.stderr
        assert b"keeps it" in child.stderr.readline()
    assert status(database)["digits_per_step"] == 1


def test_unsaved_digits_are_reported_also_after_a_signal(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 6
    assert re.search(rb"[1-9][\d,]* more could not be: another program", err), err


def test_second_signal_during_a_slow_save_exits_and_reports_the_loss(
    running: subprocess.Popen[bytes], database: Path
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        running.send_signal(signal.SIGTERM)
        assert running.stderr
        lines = iter(running.stderr.readline, b"")
        assert any(b"still saving; ask again" in line for line in lines)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 6
        assert re.search(rb"[1-9][\d,]* digits not saved", b"".join(lines))
