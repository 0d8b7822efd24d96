"""Fixtures for every test: a home of its own and no settings of the user."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from pi_tui.errors import Hint
from pi_tui.reports import hints
from tests import selection, shared
from tests.checkpoints.server import Server
from tests.helpers import SCRIPTS

# nohup and background jobs start us with these ignored, and our children would inherit that.
for _number, _handler in (
    (signal.SIGHUP, signal.SIG_DFL),
    (signal.SIGINT, signal.default_int_handler),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _handler)


settings.register_profile("patient", deadline=None)  # a slow machine is no failure
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--all`, which runs every test, and `--faults=long`, which makes ten times the trials."""
    parser.addoption("--all", action="store_true", help="run the slow tests too")
    parser.addoption("--faults", choices=("short", "long"), default="short")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: only run with --all, or where its file is named")
    if hasattr(config, "workerinput"):
        config.option.all = config.workerinput["all"]
    else:
        shared.make_folder()
        config.add_cleanup(shared.remove_folder)
        config.option.all = config.option.all or _is_selected_by_hand(config)
    if not os.access(config.rootpath, os.W_OK):
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(shared.folder() / "hypothesis")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a test worker which tests to run, because it does not see our arguments."""
    node.workerinput["all"] = node.config.option.all


def _is_selected_by_hand(config: pytest.Config) -> bool:
    """Return True if the command line names files, folders, keywords or marks."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    return named or any(config.getoption(name, False) for name in ("-k", "-m", "--lf"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return three workers for each core, as many tests wait for something; 0 for a single test.

    `pytest` alone took 3 min 51 s on two cores with two workers for each, and right after that
    3 min 45 s with three.
    """
    if any("::" in argument for argument in config.args):
        return 0
    return 3 * len(os.sched_getaffinity(0))


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before pytest-randomly, in the order of the files
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    quick, slow = selection.split(items)
    for item in slow:
        item.add_marker("slow")
    if not config.option.all:
        items[:] = quick
        config.hook.pytest_deselected(items=slow)
    return (yield)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print how to repeat this order of the tests, because `-q` hides the seed."""
    if config.pluginmanager.hasplugin("randomly"):
        seed = config.getoption("randomly_seed")
        terminalreporter.write_line(f"this order of the tests again: --randomly-seed={seed}")
    if not config.option.all:
        terminalreporter.write_line("the slow tests were left out; `pytest --all` runs them too")


HINTS = {name: words for name, words in vars(Hint).items() if name.isupper()}
"""The default wording of hints."""


@pytest.fixture(autouse=True)
def private_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep tests away from the user's own data, state, cache and settings."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("DATA", "STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    for name in os.environ:
        if name.startswith(("PI_TUI_", "TEXTUAL")) or name in _UNUSUAL:
            monkeypatch.delenv(name)
    # Put the program on PATH, as an installation does: hints then say `pi-tui`, and shells find it.
    monkeypatch.setenv("PATH", f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}")
    hints.remember(None, {})
    for name, words in HINTS.items():  # `main` sets others, also in fixtures made before this one
        monkeypatch.setattr(Hint, name, words)
    return home


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Return the path of a database file for this test, which does not exist yet."""
    return tmp_path / "pi.sqlite3"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Start a real PostgreSQL server; a test that stops it starts it again."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    """Return the URL of a new, empty database on that server."""
    return postgres.new_database()


_UNUSUAL = (
    *("NO_COLOR", "FORCE_COLOR", "COLORTERM", "COLUMNS", "LINES", "TMUX"),
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",  # with cached bytecode, children start in half the time
)
