"""The selection of tests, and the fork server for commands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers import pi_tui
from tests.selection import SLOW

_ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", SLOW)
def test_table_of_slow_tests_names_existing_tests_only(name: str) -> None:
    path, _, function = name.partition("::")
    assert (_ROOT / path).exists()
    assert not function or f"def {function}(" in (_ROOT / path).read_text()


@pytest.mark.parametrize("fresh", [True, False], ids=["started fresh", "forked"])
def test_command_run_for_a_test_gets_the_given_directory_environment_and_umask(
    fresh: bool, tmp_path: Path
) -> None:
    words = ("run", "--digits", 9, "-o", "out.txt")
    env = os.environ | {"PI_TUI_DB": "here.sqlite3"}
    done = pi_tui(*words, cwd=tmp_path, env=env, umask=0o027, fresh=fresh)
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "here.sqlite3").exists()
    assert (tmp_path / "out.txt").stat().st_mode & 0o777 == 0o640
