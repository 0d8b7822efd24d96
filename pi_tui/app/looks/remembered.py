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

    def recalled(self, path: Path | None) -> Self:
        """Return these settings, updated by those in the file that have a known name and type."""
        now, said = asdict(self), _load(path) if path else {}
        return replace(
            self, **{k: v for k, v in said.items() if k in now and type(v) is type(now[k])}
        )

    def save(self, path: Path) -> None:
        """Write the settings to the file, completely or not at all. Raises OSError if that fails.

        Other entries in the file, of another app, are kept.
        """
        said = _load(path) | asdict(self)
        path.parent.mkdir(parents=True, exist_ok=True)
        with Temporary(path, ".part") as folder:
            part = folder / path.name
            part.write_text(json.dumps(said, indent=2), "utf-8")
            os.replace(part, path)


def _load(path: Path) -> dict[str, Any]:
    """Return the content of the file; {} if it cannot be read or is not a JSON object."""
    try:
        said = json.loads(path.read_bytes()) if path.is_file() else {}  # a pipe would never end
    except (OSError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def default_path() -> Path | None:
    """Return the path of the settings in the user's state folder; None without a home folder."""
    try:
        return Path(user_state_dir("pi-tui")) / "face.json"
    except RuntimeError:
        return None
