"""A copy of the database in a new SQLite file, consistent while another process writes."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Engine, insert, select

from pi_tui.checkpoints.engine import connect, outside_transactions
from pi_tui.checkpoints.family import refuse_files_of_databases
from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.location import Location, parse_location
from pi_tui.checkpoints.models import Base
from pi_tui.checkpoints.schema import create
from pi_tui.checkpoints.trouble import FAILURES, in_our_words
from pi_tui.errors import StorageError, UsageError

_PARTIAL = ".partial"


def back_up(engine: Engine, where: Location, target: str) -> None:
    """All that is saved in `engine` is in the new file `target`, and on disk.

    The finished copy is given its name in one step, so `target` is whole or not there.
    """
    to = parse_location(target)
    if to.path is None:
        raise UsageError("a backup is a file; give a path")
    if os.path.lexists(to.path):
        raise _exists(to.path)
    refuse_files_of_databases(to.path, str(where.path or ""))
    try:
        _back_up(engine, where, to.path)
    except FAILURES as error:
        words = in_our_words(error, where)
        raise in_our_words(error, to) if isinstance(words, StorageError) else words from error


def _back_up(engine: Engine, where: Location, path: Path) -> None:
    try:
        handle, name = tempfile.mkstemp(_PARTIAL, _beginning(path), path.parent)
    except OSError as error:
        raise StorageError(
            f"{one_line(path)} cannot be written: {one_line(error.strerror)}"
        ) from error
    os.close(handle)
    partial = Path(name)
    try:
        if where.path is not None:
            _vacuum(where, partial)
        else:
            _copy_rows(engine, partial)
        _to_disk(partial)
        _give_name(partial, path)
        _to_disk(path.parent)
    finally:
        _remove(partial)
    for left in path.parent.iterdir():  # by a backup that was killed
        if left.name.startswith(_beginning(path)) and left.name.endswith(
            (_PARTIAL, f"{_PARTIAL}-journal")
        ):
            _remove(left)


def _beginning(path: Path) -> str:
    return f".{path.name[:100]}."


def _give_name(partial: Path, path: Path) -> None:
    """The copy is at `path`, where nothing was."""
    try:
        try:
            os.link(partial, path)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: the name is taken first, then filled
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            os.replace(partial, path)
    except FileExistsError:
        raise _exists(path) from None


def _exists(path: Path) -> UsageError:
    return UsageError(f"{one_line(path)} exists already; a backup never replaces a file")


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _vacuum(source: Location, target: Path) -> None:
    """SQLite's own copy, of one moment; the source is open so that it cannot be changed."""
    engine = connect(source, "probe", "")
    try:
        outside_transactions(engine, "VACUUM INTO CAST(? AS TEXT)", os.fsencode(target))
    finally:
        engine.dispose()


def _copy_rows(source: Engine, target: Path) -> None:
    """Row by row, from one moment of the server: its transactions see a snapshot."""
    where = parse_location(str(target))
    copy = connect(where, "write", "")
    try:
        with source.connect() as old, copy.begin() as new:
            old = old.execution_options(yield_per=16)
            create(new, where)
            for table in Base.metadata.sorted_tables:
                new.execute(table.delete())
                for rows in old.execute(select(table)).mappings().partitions():
                    new.execute(insert(table), [dict(row) for row in rows])
    finally:
        copy.dispose()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)  # nobody has a connection on the copy
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
