"""What the face remembers from one start to the next: theme, view, colours."""

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
VIEWS = ("digits", "walk", "heat")
"""What fills the stage."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Small choices, kept in a small file; losing them is no loss."""

    theme: str = ""
    view: str = "digits"
    colored: bool = False
    bell: bool = False
    by_heart: int = 0
    """Digits known by heart, at best."""

    @classmethod
    def load(cls, path: Path) -> Self:
        """What the file says; whatever it does not say, or says wrongly, is as on the first day."""
        try:
            said = json.loads(_read(path))
        except (OSError, ValueError, RecursionError):
            return cls()
        usual: Any = asdict(cls())
        if isinstance(said, dict):
            usual |= {k: v for k, v in said.items() if k in usual and type(v) is type(usual[k])}
        if usual["view"] not in VIEWS:
            usual["view"] = VIEWS[0]
        return cls(**usual)

    def save(self, path: Path) -> None:
        """The file says this, whole; OSError if it cannot be written."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with Temporary(path, ".part") as part:
            part.write_text(json.dumps(asdict(self), indent=2), "utf-8")
            os.replace(part, path)


def _read(path: Path) -> str:
    """What is in the file; a pipe or a device, which may never end, is no file."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return stream.read(_LONGEST).decode("utf-8")


class Memory:
    """What is remembered, and the file it is kept in; without a file, until the end."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.now = Remembered.load(path) if path else Remembered()

    def change(self, **changes: Any) -> str:
        """This is remembered from now on; if the file cannot be written, says why, once."""
        before, self.now = self.now, replace(self.now, **changes)
        if self._path is None or self.now == before:
            return ""
        try:
            self.now.save(self._path)
        except OSError as error:
            self._path = None
            return error.strerror or str(error)
        return ""


def default_path() -> Path | None:
    """Where it is kept: the user's state folder; None for a user without a home."""
    try:
        return Path(user_state_dir("pi-tui")) / "face.json"
    except RuntimeError:
        return None
