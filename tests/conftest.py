"""What every test stands on: a home of its own and none of the user's settings."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from pi_tui.errors import speak
from pi_tui.reports import hints
from tests.helpers import SCRIPTS

# Whatever started us with nohup or in the background ignores these, and so would our children.
for _number, _handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)


settings.register_profile("patient", deadline=None)  # a noisy machine is no failure
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--faults=long`: the fault tests try ten times as much."""
    parser.addoption("--faults", choices=("short", "long"), default="short")


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's own data, state, cache or settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in os.environ:
        if name.startswith(("PI_TUI_", "TEXTUAL")) or name in _UNUSUAL:
            monkeypatch.delenv(name)
    # As after an installation: then hints say `pi-tui`, and shells in tests find it.
    monkeypatch.setenv("PATH", f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
    hints.remember(None, {})
    speak({})
    return home


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database file of this test's own, not made yet."""
    return tmp_path / "pi.sqlite3"


_UNUSUAL = (
    *("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX"),
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",  # a child that may keep what it compiles starts in half the time
)
