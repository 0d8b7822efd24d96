"""Which files belong to a database: what nobody may write to but the store.

Knows no SQLAlchemy, so that whoever writes a file can ask.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pi_tui.checkpoints.location import parse_location
from pi_tui.errors import UsageError
from pi_tui.words import one_line

_BESIDE = ("-journal", "-wal", "-shm", ".lock")
"""What the names of the files beside a database end in."""
_DATABASE = b"SQLite format 3\0"
"""How a database begins, and so every backup of one."""
_JOURNAL = bytes.fromhex("d9d505f920a163d7")


def refuse_files_of_databases(target: Path, location: str) -> None:
    """`target` is no file of the database at `location`, nor of any other: UsageError if it is.

    Names are compared with links resolved, files by what they are and begin with: a hard link is
    the same file under a name that tells nothing.
    """
    ours = parse_location(location).path if location else None
    family = [ours, *(ours.with_name(ours.name + end) for end in _BESIDE)] if ours else []
    try:
        target = Path(os.path.realpath(target))
    except ValueError as error:  # a null byte, or characters the file system has no bytes for
        raise UsageError(f"{one_line(target)!r} is no name that a file can have") from error
    if _is_kept(target, family, (_DATABASE, _JOURNAL)) or any(
        _is_kept(base, family, (_DATABASE,)) for base in _bases(target)
    ):
        raise UsageError(
            f"{one_line(target)} belongs to a database, and nothing else is ever written there; "
            "choose another file"
        )


def refuse_names_beside(path: Path) -> None:
    """`path` has no name of a file beside a database: UsageError if it has.

    A database there would be overwritten, or deleted, when the one it stands beside is opened.
    """
    for base in _bases(path):
        raise UsageError(
            f"{one_line(path)} is the name of a file beside a database; give --db the "
            f"database itself ({one_line(base.name)}), or another name"
        )


def _bases(path: Path) -> list[Path]:
    """The databases that a file of this name would stand beside; none for most names."""
    ends = [end for end in _BESIDE if path.name.endswith(end) and path.name != end]
    return [path.with_name(path.name.removesuffix(end)) for end in ends]


def _is_kept(path: Path, family: list[Path], beginnings: tuple[bytes, ...]) -> bool:
    """It is one of the family, or begins as a database does.

    In this order: reading from a file that SQLite has open here would drop the locks it holds.
    """
    for one in family:
        with suppress(OSError, ValueError):
            if path == one or os.path.samefile(path, one):
                return True
    with suppress(OSError, ValueError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(16).startswith(beginnings)
    return False
