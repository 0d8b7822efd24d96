"""The run that the command line takes: the last one, a new one, or one begun again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.checkpoints.old_databases import old
from tests.helpers import pi, pi_tui
from tests.refusals import refused
from tests.terminal.emulator import Terminal


@pytest.mark.parametrize("command", ["", "export", "verify", "picture walk -o pi.svg"])
def test_cli_commands_on_saved_digits_use_the_last_run(command: str, tmp_path: Path) -> None:
    for digits in (300, 120):
        pi_tui("run", "--digits", digits, "--db", "pi.db", cwd=tmp_path)
    done = pi_tui(*command.split(), "--db", "pi.db", cwd=tmp_path)
    assert done.returncode == 0
    assert "120" in done.stderr or done.stdout == "3." + pi(120).decode() + "\n"


@pytest.mark.parametrize("command", ["export", "find 3", "verify", "status --json", "delete --yes"])
def test_option_digits_before_the_name_of_a_command_names_the_run(
    command: str, database: Path
) -> None:
    """Name a run that is neither the last nor the longest: commands take those by default."""
    for digits in (120, 300, 200):
        pi_tui("run", "--digits", digits, "--db", database)
    before = pi_tui("--digits", "120", *command.split(), "--db", database)
    assert before.returncode == 0
    if command == "delete --yes":
        left = json.loads(pi_tui("status", "--json", "--db", database).stdout)
        assert sorted(run["digits"] for run in left) == [200, 300]
    else:
        after = pi_tui(*command.split(), "--digits", "120", "--db", database)
        assert (before.stdout, before.stderr) == (after.stdout, after.stderr)


def test_cli_with_option_digits_without_a_terminal_prints_the_digits_of_pi(database: Path) -> None:
    done = pi_tui("--digits", "300", "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(300) + b"\n")


def test_status_with_option_json_prints_json(database: Path) -> None:
    pi_tui("run", "--digits", "150", "--db", database)
    (run,) = json.loads(pi_tui("status", "--json", "--db", database).stdout)
    assert (run["digits"], run["saved"], run["status"]) == (150, 150, "complete")
    assert run["verified"] is True


def test_cli_on_a_fresh_account_says_how_to_begin(private_home: Path) -> None:
    for command in ("status", "runs"):
        done = pi_tui(command)
        assert (done.returncode, done.stderr) == (0, "")
        assert "`pi-tui --digits 20000` begins" in done.stdout
    assert pi_tui("status", "--json").stdout == "[]\n"
    for command in ("export", "check", "backup x", "verify --digits 9", "delete --digits 9 --yes"):
        assert "`pi-tui --digits 20000` begins" in refused(2, *command.split())
    assert list(private_home.iterdir()) == []


@pytest.mark.parametrize("command", ["run", ""])
def test_option_fresh_without_a_terminal_needs_option_yes_if_a_run_would_be_lost(
    command: str, database: Path
) -> None:
    pi_tui("run", "--digits", "120", "--db", database)
    before = database.read_bytes()
    for digits in (["--digits", "120"], []):
        line = refused(2, *command.split(), *digits, "--fresh", "--db", database)
        assert "--yes" in line
    assert database.read_bytes() == before
    done = pi_tui(*command.split(), "--fresh", "--yes", "--digits", "120", "--db", database)
    assert done.stdout == "3." + pi(120).decode() + "\n"
    assert pi_tui("run", "--fresh", "--digits", "60", "--db", database).returncode == 0


@pytest.mark.parametrize(
    ("name", "schema", "command", "output"),
    [
        ("finished", 1, "run --digits 1000", f"3.{pi(1_000).decode()}\n"),
        ("lucas", 2, "open pi_tui.examples.lucas_lehmer:Mersenne 9689", "prime"),
    ],
)
def test_option_fresh_accepts_a_database_of_an_earlier_version(
    name: str, schema: int, command: str, output: str, database: Path
) -> None:
    old(name, str(database), schema)
    done = pi_tui(*command.split(), "--fresh", "--yes", "--db", database)
    assert (done.returncode, done.stdout) == (0, output), done.stderr


@pytest.mark.parametrize("answer", ["n", "y"])
def test_option_fresh_in_a_terminal_asks_before_it_discards_a_run(
    answer: str, database: Path
) -> None:
    pi_tui("run", "--digits", "120", "--db", database)
    before = database.read_bytes()
    with Terminal("--fresh", "--db", database) as terminal:
        terminal.see(r"begin again and lose the run of 120 digits \(120 saved\)\? \[y/N\]")
        terminal.send(f"{answer}\n")
        if answer == "y":
            terminal.see("running")
            terminal.send("q")
        assert terminal.wait() == 0
    assert (database.read_bytes() == before) == (answer == "n")
