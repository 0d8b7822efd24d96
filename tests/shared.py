"""Data shared by all workers of a test session: a folder, with content that is made once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

_VARIABLE = "XDG_RUNTIME_DIR"
"""Name of the environment variable with the folder; workers inherit it.

The folder also has the sockets and locks of a PostgreSQL server.
"""


def make_folder() -> None:
    """Make the folder of a new session."""
    os.environ[_VARIABLE] = tempfile.mkdtemp(prefix="pi-tui-tests-")


def folder() -> Path:
    """Return the folder of this session."""
    return Path(os.environ[_VARIABLE])


def remove_folder() -> None:
    """Remove the folder, when no worker is left."""
    shutil.rmtree(folder(), ignore_errors=True)


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first worker fills by calling `make`; treat it as read-only."""
    done, building = folder() / name, folder() / f"{name}.building"
    with FileLock(folder() / f"{name}.lock"):
        if not done.exists():
            shutil.rmtree(building, ignore_errors=True)
            building.mkdir()
            make(building)
            building.rename(done)
    return done
