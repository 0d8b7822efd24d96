"""Temporary files and folders that an interrupt does not leave behind."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

_LONGEST = 100
"""Bytes of the target's name kept in the temporary name, which would else exceed 255."""


class Temporary:
    """A temporary file or folder beside `target`, on the same file system; removed on exit.

    The name is chosen before the file is made. `mkstemp` returns the name after making the file, so
    ctrl+c in between would leave a file that no code knows of.
    """

    def __init__(self, target: Path, end: str, *, folder: bool = False) -> None:
        self.path = target.with_name(f"{_beginning(target)}{secrets.token_hex(6)}{end}")
        self._folder = folder

    def __enter__(self) -> Path:
        try:
            self._make()
            return self.path
        except FileExistsError:  # not ours: leave it alone
            raise
        except BaseException:
            self._remove()
            raise

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _make(self) -> None:
        if self._folder:
            self.path.mkdir(0o700)
        else:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _remove(self) -> None:
        try:
            self._remove_once()
        except BaseException:  # a signal in the middle
            self._remove_once()
            raise

    def _remove_once(self) -> None:
        if self._folder:
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def left_over(target: Path, end: str) -> list[Path]:
    """Return temporary files beside `target`: of killed processes, or of running ones."""
    beginning, names = _beginning(target), os.listdir(target.parent)
    return [
        target.with_name(name)
        for name in sorted(names)
        if name.startswith(beginning) and name.endswith(end)
    ]


def _beginning(target: Path) -> str:
    name = os.fsencode(target.name)[:_LONGEST].decode("utf-8", "ignore")
    return f".{name}."
