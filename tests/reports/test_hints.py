"""Commands in hints can be pasted into a shell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pi_tui.reports import hints
from tests.helpers import pi_tui, saved, started, wait_until
from tests.terminal.emulator import Terminal


def pasted(hint: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a hint as if pasted into bash; return the ended process."""
    script = f'pi-tui() {{ "{sys.executable}" -m pi_tui "$@"; }}; export PI_TUI_DB; {hint}'
    bash = ["bash", "-c", script]
    return subprocess.run(bash, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("by", ["flag", "variable"])
def test_hint_of_the_run_command_resumes_the_run_in_its_database_when_pasted(
    by: str, tmp_path: Path
) -> None:
    database = tmp_path / "it's mine; $HOME.db"
    flag = ["--db", str(database)] if by == "flag" else []
    more = {} if by == "flag" else {"PI_TUI_DB": str(database)}
    slow = (
        "--digits",
        100_000,
        "--digits-per-step",
        5,
        "--threads",
        1,
        "--checkpoint-every",
        "0.1s",
    )
    with started("run", *slow, *flag, env=os.environ | more) as child:
        wait_until(lambda: saved(database))
        child.terminate()
        _, err = child.communicate(timeout=60)
    hint = re.search(r"`([^`]+)` goes on", err.decode())
    assert hint, err
    assert pasted(hint[1]).returncode == 0
    assert saved(database) == 100_000


def test_hint_adds_the_database_only_to_commands_without_a_db_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hints, "_named", ["a.db", "flag"])
    monkeypatch.setattr(hints, "program", lambda: "pi-tui")
    typed = "`pi-tui open x:y 3 --db a.db` goes on; `pi-tui runs` lists; `pi-tui --db=b`"
    told = typed.replace("`pi-tui runs`", "`pi-tui --db a.db runs`")
    assert hints.to_paste(typed) == told


@pytest.mark.parametrize(
    "words",
    [
        ["--db", "postgresql+psycopg://me:s3cret@/runs?host=/run"],
        ["--db=postgresql://me@host/runs?password=s3cret&sslmode=require"],
        ["--db", "postgresql//me:s3cret@host"],
        ["source=mysql://me:s3cret@host/orders"],
        ["-c", "go('postgresql://me:s3cret@host/runs')"],
    ],
)
def test_command_to_resume_contains_no_password(words: list[str]) -> None:
    typed = ["python", "collatz.py", *words, "1000"]
    assert "s3cret" not in hints.command_line(typed)
    assert hints.command_line([*typed, "a.py"]).endswith(" 1000 a.py")


def test_command_to_resume_keeps_code_given_by_the_python_option_c() -> None:
    code = "@resumable\ndef f(goal): ..."
    assert hints.command_line(["python", "-c", code]) == f"python -c '{code}'"


@pytest.mark.parametrize("words", [[], ["1000", "--screen"]])
def test_installed_program_is_named_without_python_and_its_folder(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "collatz"
    program.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    typed = ["python", str(program), *words]
    assert hints.command_line(typed) == " ".join(["collatz", *words])


def test_hint_of_the_app_names_the_database(tmp_path: Path) -> None:
    database = tmp_path / "x.db"
    with Terminal("--digits", 6_000, "--db", database, size=(200, 24)) as terminal:
        terminal.see(r"[1-9]\d\d of 6,000")
        terminal.send("q")
        terminal.wait()
        terminal.see(f"`pi-tui --db {database}` goes on")


def test_hint_names_no_database_if_the_user_named_none() -> None:
    assert "`pi-tui --digits 20000` begins" in pi_tui("status").stdout


def test_hint_contains_no_password() -> None:
    hints.remember("postgresql://me:secret@host/pi", {})
    assert "secret" not in hints.to_paste("`pi-tui runs` lists them")
