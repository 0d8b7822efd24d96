"""Children of `bench` import no modules of the working folder. It needs a cache folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pi_tui.pi.bench import contenders as who
from pi_tui.pi.bench.contenders import Contender
from pi_tui.pi.bench.pseudo_terminal import App
from tests.helpers import pi, pi_tui

EVIL = (
    "import os; open(os.environ['EVIL_RAN'], 'a').close()\nraise ImportError('from the folder')\n"
)
NAMES = ("sqlite3", "random", "textual", "gmpy2", "sqlalchemy", "pi_tui", "mpmath", "json")


@pytest.fixture
def evil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working folder full of modules that report being run; return where they report it."""
    folder = tmp_path / "evil"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(EVIL)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("EVIL_RAN", str(tmp_path / "ran"))
    return tmp_path / "ran"


@pytest.mark.parametrize("contender", [*who.us(), *who.peers()], ids=lambda each: each.name)
def test_pi_program_measured_by_bench_runs_no_module_of_the_working_folder(
    contender: Contender, evil: Path, tmp_path: Path
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    done = subprocess.run(contender.command(60, room), capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"3." + pi(60))
    assert not evil.exists()


def test_bench_subprocess_and_app_run_no_module_of_the_working_folder(
    evil: Path, tmp_path: Path
) -> None:
    part = who.inside("phases").command(60, tmp_path)
    assert subprocess.run(part, capture_output=True, check=False).returncode == 0
    command = ["-m", "pi_tui", "--digits", "20000", "--db", str(tmp_path / "app.db")]
    with App(command, dict(os.environ)) as app:
        app.seconds_until("20,0")
    assert not evil.exists()


def test_bench_reports_an_unusable_cache_folder_in_one_line(private_home: Path) -> None:
    (private_home / "cache").write_text("a file where the folder should be")
    done = pi_tui("bench", "--runs", 1)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith(f"pi-tui: cannot measure in {private_home}/cache/pi-tui: ")
    assert done.stderr.count("\n") == 1
