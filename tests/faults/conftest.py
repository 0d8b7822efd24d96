"""The number of trials, and a table of their results."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.lab import strace_works

_ROW = "fault"
"""Name of the test property with a row of the table; properties come back from any worker."""
Tally = Callable[[str, int, str], None]


@pytest.fixture(scope="session")
def much(request: pytest.FixtureRequest) -> int:
    """Return the factor for the number of trials: 1, or 10 with --faults=long."""
    return 10 if request.config.getoption("--faults") == "long" else 1


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Return a function that records a row for the table at the end.

    It takes the kind of trial, the number of trials and their result.
    """
    properties = request.node.user_properties
    return lambda what, times, result: properties.append((_ROW, (what, times, result)))


@pytest.fixture(scope="session")
def strace() -> None:
    if reason := strace_works():
        pytest.skip(reason)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder in memory if possible; a kill spares the page cache, so no disk is needed."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as name:
        yield Path(name)


@pytest.fixture
def db(folder: Path) -> str:
    return str(folder / "pi.sqlite3")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    calls = [
        report
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
    ]
    rows = [row for call in calls for name, row in call.user_properties if name == _ROW]
    if rows:
        terminalreporter.section("faults")
        for what, times, result in rows:
            terminalreporter.write_line(f"{what:<58} {times:>6}  {result}")
