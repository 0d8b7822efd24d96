"""Temporary folders that an interrupt does not leave behind."""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from pathlib import Path

_LONGEST = 100
"""Bytes of the target's name kept in the temporary name, which would else exceed 255."""


class Temporary:
    """A temporary folder beside `target`, on the same file system; removed on exit.

    The name is chosen before the folder is made. `mkdtemp` returns the name after making it, so
    ctrl+c in between would leave a folder that no code knows of.
    """

    def __init__(self, target: Path, end: str) -> None:
        self.path = target.with_name(f"{_beginning(target)}{secrets.token_hex(6)}{end}")

    def __enter__(self) -> Path:
        try:
            self.path.mkdir(0o700)
            return self.path
        except FileExistsError:  # not ours: leave it alone
            raise
        except BaseException:
            self._remove()
            raise

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _remove(self) -> None:
        try:
            shutil.rmtree(self.path, ignore_errors=True)
        except BaseException:  # a signal in the middle
            shutil.rmtree(self.path, ignore_errors=True)
            raise


def left_over(target: Path, end: str) -> list[Path]:
    """Return the temporary folders made for `target`, of killed processes and of running ones.

    `end` is the ending of their names, as given to `Temporary`.
    """
    token = "[0-9a-f]" * 12  # with "*", those for `runs.old` would count as those for `runs`
    return sorted(target.parent.glob(f"{glob.escape(_beginning(target))}{token}{end}"))


def _beginning(target: Path) -> str:
    name = os.fsencode(target.name)[:_LONGEST].decode("utf-8", "ignore")
    return f".{name}."
