"""What the app remembers from one start to the next, in a small file."""

from __future__ import annotations

import errno
import json
import os
import stat
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from platformdirs import user_state_dir

from pi_tui.files.temporary import Temporary

_LONGEST = 65_536
"""Bytes of the file that are read: far more than we ever write."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Small choices; losing them is no loss."""

    theme: str = ""
    bell: bool = False

    def updated(self, said: dict[str, Any]) -> Self:
        """Return these choices with what a file says, as far as it says anything of that sort."""
        now = asdict(self)
        return replace(
            self, **{k: v for k, v in said.items() if k in now and type(v) is type(now[k])}
        )


class Memory:
    """The choices, and the file they are kept in; without a file, until the end.

    What the file says of other things, for another app, stays in it.
    """

    def __init__(self, path: Path | None, usual: Remembered) -> None:
        self._path = path
        self.now = usual.updated(_load(path)) if path else usual

    def change(self, **changes: Any) -> str:
        """Save these changes; return why the file cannot be written, once, or ""."""
        before, self.now = self.now, replace(self.now, **changes)
        if self._path is None or self.now == before:
            return ""
        try:
            _save(self._path, _load(self._path) | asdict(self.now))
        except OSError as error:
            self._path = None
            return error.strerror or str(error)
        return ""


def _load(path: Path) -> dict[str, Any]:
    """Return what the file says; {} if it says nothing of that sort."""
    try:
        said = json.loads(_read(path))
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _read(path: Path) -> str:
    """Read the file; refuse a pipe or a device, which may never end."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return stream.read(_LONGEST).decode("utf-8")


def _save(path: Path, said: dict[str, Any]) -> None:
    """Write the file whole; OSError if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Temporary(path, ".part") as part:
        part.write_text(json.dumps(said, indent=2), "utf-8")
        os.replace(part, path)


def default_path() -> Path | None:
    """Return the file in the user's state folder; None for a user without a home."""
    try:
        return Path(user_state_dir("pi-tui")) / "face.json"
    except RuntimeError:
        return None
