"""Locations that are no database are refused at once, and no secret in them is printed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pi_tui.errors import UsageError
from pi_tui.files.location import parse_location
from tests.helpers import pi_tui

MARK = "SeKretPw"


@pytest.mark.parametrize("command", ["run --digits 100", "status", "export", "check"])
def test_fifo_as_database_is_refused_without_waiting(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f")
    done = pi_tui(*command.split(), "--db", tmp_path / "f")
    assert done.returncode == 7
    assert "is not a regular file" in done.stderr


@pytest.mark.parametrize(
    "location",
    [
        f"postgresql:/u:{MARK}@h/db",
        f" postgresql+psycopg://u:{MARK}@h/db",
        f"postgresql+psycopg:u:{MARK}@h/db",
        f"jdbc:postgresql://u:{MARK}@h/db",
        f"host=127.0.0.1 port=1 password={MARK}",
    ],
)
def test_mistyped_url_is_refused_without_printing_its_password(location: str) -> None:
    with pytest.raises(UsageError, match="looks like a server") as refusal:
        parse_location(location)
    assert MARK not in str(refusal.value)
    done = pi_tui("status", "--db", location)
    assert done.returncode == 2
    assert MARK not in done.stdout + done.stderr
