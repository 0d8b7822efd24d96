"""Commands on saved runs: status, export, verify, check, backup, delete."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.cli import main
from pi_tui.machine import Piece, State
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.words import percent
from tests.helpers import pi, pi_tui, started
from tests.terminal.emulator import Terminal


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a read-only database with a complete run of 300 digits and an unfinished one of 600."""
    path = tmp_path_factory.mktemp("filled") / "pi.sqlite3"
    assert main(["run", "--digits", "300", "--db", str(path)]) == 0
    kind = SpigotKind()
    task = kind.task(600, 10)
    spigot = kind.new(task)
    with CheckpointStore.open(str(path), kind) as store:
        run = store.open_run(task)
        while len(spigot.output) < 300:
            spigot.step()
        store.save(run, spigot, 2.5)
    return path


@pytest.fixture
def copy(filled: Path, database: Path) -> Path:
    """Make a copy of the database `filled`; a test may change the copy."""
    database.write_bytes(filled.read_bytes())
    return database


def ask(*arguments: object, database: Path) -> str:
    done = pi_tui(*arguments, "--db", database)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_runs_command_lists_all_runs_as_a_table(filled: Path) -> None:
    head, *rows = ask("runs", database=filled).splitlines()
    assert head.split()[:2] == ["digits", "saved"]
    assert any("300" in row and "verified" in row for row in rows)
    assert any("600" in row and "unfinished" in row and " % " in row for row in rows)
    assert len(rows) == 2
    for words in ("state", "last saved"):  # begin below their heading, and numbers end there
        assert all(row[head.index(words) - 1 :].startswith(" ") for row in rows)
        assert all(row[head.index(words)] != " " for row in rows)
    ends = [head.index(numbers) + len(numbers) for numbers in ("digits", "saved", "done", "size")]
    assert all(row[end - 1] != " " == row[end] for row in rows for end in ends)


def test_status_watch_on_a_terminal_redraws_in_place_and_fits(copy: Path) -> None:
    with Terminal("status", "--watch", "--db", copy, size=(80, 24)) as terminal:
        terminal.see(r"unfinished .* (\d\d:\d\d:\d\d|[-\d]{10}\n)")  # or the date, after midnight
        terminal.until(lambda: b"\x1b[3F" in terminal.raw and terminal.screen)
        assert max(map(len, terminal.screen.splitlines())) < 80
        assert terminal.screen.count("unfinished") == terminal.screen.count("digits") == 1
        assert pi_tui("run", "--digits", 600, "--db", copy).returncode == 0
        assert terminal.wait() == 0
        assert terminal.screen.count("verified") == 2
        assert "unfinished" not in terminal.screen


def test_status_watch_in_a_small_window_is_cut_to_fit(copy: Path) -> None:
    with Terminal("status", "--watch", "--db", copy, size=(30, 3)) as terminal:
        terminal.until(lambda: b"\x1b[2F" in terminal.raw and terminal.screen)
        assert len(terminal.screen.split("\n")[0]) < 30
        assert terminal.screen.startswith("digits")


def test_status_watch_in_a_pipe_appends_lines(copy: Path) -> None:
    with started("status", "--watch", "--db", copy) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(4)]
        assert sum(line.startswith(b"600 digits: 300 saved") for line in lines) == 2
        assert not any(b"\x1b" in line for line in lines)


def test_status_prints_a_line_per_run_or_only_the_named_run(filled: Path) -> None:
    assert len(ask("status", database=filled).splitlines()) == 2
    assert ask("status", "--digits", "600", database=filled).startswith("600 digits: 300 saved")


def test_status_json_has_state_saved_digits_time_and_parameters_of_each_run(filled: Path) -> None:
    runs = {run["digits"]: run for run in json.loads(ask("status", "--json", database=filled))}
    assert (runs[300]["status"], runs[300]["verified"]) == ("complete", True)
    assert (runs[600]["status"], runs[600]["saved"]) == ("active", 300)
    assert runs[600]["elapsed_seconds"] == 2.5
    assert (runs[600]["digits_per_step"], runs[600]["series"]) == (10, "arctan")


def test_status_reports_the_share_of_the_work_not_of_the_digits(filled: Path) -> None:
    runs = {run["digits"]: run for run in json.loads(ask("status", "--json", database=filled))}
    assert runs[300]["share_of_work"] == 1
    assert 0.5 < runs[600]["share_of_work"] < 1, "half of the digits, and all blocks, are made"
    told = f"300 saved, {percent(runs[600]['share_of_work'])}, unfinished"
    assert told in ask("status", "--digits", "600", database=filled)
    assert percent(runs[600]["share_of_work"]) in ask("runs", database=filled)


def test_status_of_a_missing_run_is_an_error(filled: Path) -> None:
    done = pi_tui("status", "--digits", "77", "--db", filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no run of 77 digits" in done.stderr


def test_status_watch_ends_if_the_named_run_is_complete_or_at_ctrl_c(filled: Path) -> None:
    assert pi_tui("status", "--watch", "--digits", "300", "--db", filled).returncode == 0
    with started("status", "--watch", "--db", filled) as child:
        assert child.stdout
        assert child.stderr
        assert b"digits" in child.stdout.readline()
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
        assert child.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--digits", "300"], b"3." + pi(300)),
        (["--digits", "300", "--to", "9"], b"3.141592653"),
        (["--digits", "300", "--from", "2", "--to", "9"], b"41592653"),
        (["--digits", "300", "--from", "300"], pi(300)[-1:]),
        (["--digits", "600", "--from", "290", "--to", "300"], pi(300)[289:]),
    ],
)
def test_export_writes_exactly_the_requested_positions(
    arguments: list[str], expected: bytes, filled: Path, tmp_path: Path
) -> None:
    assert ask("export", *arguments, database=filled).encode() == expected + b"\n"
    target = tmp_path / "pi.txt"
    ask("export", *arguments, "-o", target, database=filled)
    assert target.read_bytes() == expected + b"\n"


@pytest.mark.parametrize(
    "positions", [["--from", "301"], ["--to", "301"], ["--from=9", "--to=999"]]
)
def test_export_refuses_positions_that_are_not_saved(positions: list[str], filled: Path) -> None:
    done = pi_tui("export", "--digits", "600", *positions, "--db", filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert "1 to 300" in done.stderr


def test_export_without_option_digits_takes_the_only_run_although_it_is_unfinished(
    filled: Path, copy: Path
) -> None:
    ask("delete", "--digits", "300", "--yes", database=copy)
    assert ask("export", database=copy).encode() == b"3." + pi(300) + b"\n"


def test_verify_marks_a_complete_run_as_verified_but_not_an_unfinished_one(copy: Path) -> None:
    ask("run", "--digits", "150", "--no-verify", database=copy)
    assert "complete" in ask("status", "--digits", "150", database=copy)
    ask("verify", "--digits", "150", database=copy)
    assert "verified" in ask("status", "--digits", "150", database=copy)
    ask("verify", "--digits", "600", database=copy)
    assert "unfinished" in ask("status", "--digits", "600", database=copy)


@pytest.mark.parametrize("command", ["verify", "find 14", "export", "picture walk -o walk.svg"])
def test_commands_that_read_saved_output_refuse_a_run_without_output(
    command: str, database: Path
) -> None:
    kind = SpigotKind()
    task = kind.task(600, 10)
    spigot = kind.new(task)
    spigot.step()
    assert not spigot.output
    with CheckpointStore.open(str(database), kind) as store:
        store.save(store.open_run(task), spigot, 0.1)
    done = pi_tui(*command.split(), "--db", database, cwd=database.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no output of the run of 600 digits is saved yet" in done.stderr


def test_check_command_reports_sound_runs_and_finds_damaged_output(copy: Path) -> None:
    done = pi_tui("check", "--db", copy)
    assert (done.returncode, done.stderr) == (
        0,
        "2 runs, every byte as it was saved; 1 state found consistent\n",
    )
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE pi_output SET data = zeroblob(length(data))")
    before = copy.read_bytes()
    done = pi_tui("check", "--db", copy)
    assert done.returncode == 4
    assert done.stderr.count("\n") >= 2
    assert copy.read_bytes() == before


class Forged(Spigot):
    """A spigot that saves a state which is no state of a spigot."""

    def to_state(self) -> State:
        return State(super().to_state().pieces | {"head": Piece(b"no head")})


@pytest.mark.parametrize("good", [0, 1], ids=["the only state", "the newer of two"])
def test_check_of_a_state_that_the_kind_refuses_ends_with_code_5(good: int, database: Path) -> None:
    kind = SpigotKind()
    task = kind.task(600, 10)
    spigot = kind.new(task)
    with CheckpointStore.open(str(database), kind) as store:
        run = store.open_run(task)
        for _ in range(good):
            spigot.step()
            store.save(run, spigot, 0.1)
        store.save(run, Forged(spigot.snapshot()), 0.2)
    done = pi_tui("check", "--db", database)
    assert done.returncode == 5
    assert "run of 600 digits: " in done.stderr


def test_backup_is_a_database_that_can_be_resumed(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup.sqlite3"
    ask("backup", target, database=filled)
    assert ask("runs", database=target) == ask("runs", database=filled)
    assert ask("run", "--digits", "600", database=target).encode() == b"3." + pi(600) + b"\n"


def test_backup_of_a_damaged_database_is_made_and_called_damaged(
    copy: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("UPDATE pi_output SET data = zeroblob(length(data))")
    target = tmp_path / "backup.db"
    done = pi_tui("backup", target, "--db", copy)
    assert done.returncode == 4
    assert "pi-tui: the database is damaged, and so is the copy: run " in done.stderr
    assert target.exists()


def test_backup_replaces_no_file(filled: Path, tmp_path: Path) -> None:
    target = tmp_path / "letter.txt"
    target.write_text("dear diary")
    done = pi_tui("backup", target, "--db", filled)
    assert done.returncode == 2
    assert target.read_text() == "dear diary"


def test_delete_keeps_the_run_unless_the_answer_is_yes(copy: Path) -> None:
    for answer, left in (("n\n", 2), ("\n", 2), ("y\n", 1)):
        with Terminal("delete", "--digits", "300", "--db", copy) as terminal:
            terminal.see(r"delete the run of 300 digits \(300 saved\)\? \[y/N\]")
            terminal.send(answer)
            assert terminal.wait() == 0
        assert len(json.loads(ask("status", "--json", database=copy))) == left


def test_delete_without_a_terminal_requires_option_yes(copy: Path) -> None:
    done = pi_tui("delete", "--digits", "300", "--db", copy)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert len(json.loads(ask("status", "--json", database=copy))) == 2


def test_status_runs_check_export_and_verify_leave_the_database_unchanged(filled: Path) -> None:
    before = filled.read_bytes(), filled.stat().st_mtime_ns
    for command in (["status"], ["runs"], ["check"], ["export"], ["verify", "--digits", "600"]):
        ask(*command, database=filled)
    assert (filled.read_bytes(), filled.stat().st_mtime_ns) == before


def test_verify_succeeds_while_the_database_is_open_for_writing(copy: Path) -> None:
    with CheckpointStore.open(str(copy), SpigotKind()):
        ask("verify", "--digits", "300", database=copy)
        ask("verify", "--digits", "600", database=copy)


def test_verify_marks_a_run_as_verified_while_another_run_is_open(copy: Path) -> None:
    ask("run", "--digits", "150", "--no-verify", database=copy)
    with CheckpointStore.open(str(copy), SpigotKind()) as store:
        store.open_run(SpigotKind().task(7_000))
        ask("verify", "--digits", "150", database=copy)
    (run,) = json.loads(ask("status", "--json", "--digits", "150", database=copy))
    assert run["verified"] is True
