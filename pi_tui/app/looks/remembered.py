"""The user's settings in the app, saved in a small file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from platformdirs import user_state_dir

from pi_tui.files.temporary import Temporary


@dataclass(frozen=True, slots=True)
class Remembered:
    """Settings that are saved from one start to the next; losing them does no harm."""

    theme: str = ""
    bell: bool = False

    def updated(self, said: dict[str, Any]) -> Self:
        """Return these settings, updated by those in `said` with a known name and the same type."""
        now = asdict(self)
        return replace(
            self, **{k: v for k, v in said.items() if k in now and type(v) is type(now[k])}
        )


class Memory:
    """The current settings and their file; without a file they last until the exit.

    Other entries in the file, of another app, are kept.
    """

    def __init__(self, path: Path | None, usual: Remembered) -> None:
        self._path = path
        self.now = usual.updated(_load(path)) if path else usual

    def change(self, **changes: Any) -> str:
        """Change and save settings; return why the file cannot be written, or "".

        After a failure the file is not tried again.
        """
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
    """Return the content of the file; {} if it cannot be read or is not a JSON object."""
    try:
        said = json.loads(path.read_bytes()) if path.is_file() else {}  # a pipe would never end
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _save(path: Path, said: dict[str, Any]) -> None:
    """Write the file, completely or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Temporary(path, ".part") as folder:
        part = folder / path.name
        part.write_text(json.dumps(said, indent=2), "utf-8")
        os.replace(part, path)


def default_path() -> Path | None:
    """Return the path of the settings in the user's state folder; None without a home folder."""
    try:
        return Path(user_state_dir("pi-tui")) / "face.json"
    except RuntimeError:
        return None
