"""A copy of the database in a new SQLite file, consistent while another process writes."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from sqlalchemy import Engine, insert, select

from pi_tui.checkpoints.engine import connect, make_empty_file, outside_transactions
from pi_tui.checkpoints.models import TABLES, create
from pi_tui.checkpoints.trouble import FAILURES, in_our_words
from pi_tui.errors import StorageError, UsageError
from pi_tui.files.location import (
    Location,
    parse_location,
    refuse_files_of_databases,
    refuse_long_names,
    refuse_names_beside,
)
from pi_tui.files.temporary import Temporary, left_over
from pi_tui.words import one_line

_PARTIAL = ".partial"


def back_up(engine: Engine, where: Location, target: str) -> list[Path]:
    """Copy all that is saved in `engine` into the new file `target`, and see it on disk.

    The finished copy is given its name in one step, so `target` is whole or not there. Returns the
    half-made copies beside it. They are not ours to remove: another backup may be writing them.
    """
    to = parse_location(target)
    if to.path is None:
        raise UsageError("a backup is a file; give a path")
    if os.path.lexists(to.path):
        raise UsageError(f"{one_line(to.path)} exists already; a backup never replaces a file")
    refuse_files_of_databases(to.path, str(where.path or ""))
    refuse_names_beside(to.path)
    temporary = Temporary(to.path, _PARTIAL, folder=True)
    refuse_long_names(to.path)
    refuse_long_names(temporary.path / "copy")
    try:
        with temporary as folder:
            _back_up(engine, where, folder / "copy", to)
        return left_over(to.path, _PARTIAL)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise in_our_words(error, to) from error
        reason = one_line(error.strerror)
        raise StorageError(f"{to.display} cannot be written: {reason}") from error


def _back_up(engine: Engine, where: Location, copy: Path, to: Location) -> None:
    """Make the copy, and give it its name; all failures are told in our words.

    Told here, while the copy is still there: once it is removed there is room again.
    """
    assert to.path is not None
    try:
        make_empty_file(copy)
        if where.path is not None:
            _vacuum(where, copy)
        else:
            _copy_rows(engine, copy)
        _to_disk(copy)
        _give_name(copy, to.path)
        _to_disk(to.path.parent)
    except FAILURES as error:
        words = in_our_words(error, where)
        raise in_our_words(error, to) if isinstance(words, StorageError) else words from error


def _give_name(copy: Path, path: Path) -> None:
    """The copy is at `path`, where nothing was; FileExistsError if something came there."""
    try:
        os.link(copy, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the name is taken first, then filled
        make_empty_file(path)
        os.replace(copy, path)


def _vacuum(source: Location, target: Path) -> None:
    """SQLite's own copy, of one moment; the source is open so that it cannot be changed."""
    engine = connect(source, "probe")
    try:
        outside_transactions(engine, "VACUUM INTO CAST(? AS TEXT)", os.fsencode(target))
    finally:
        engine.dispose()


def _copy_rows(source: Engine, target: Path) -> None:
    """Row by row, from one moment of the server: its transactions see a snapshot."""
    where = parse_location(str(target))
    copy = connect(where, "write")
    try:
        with source.connect() as old, copy.begin() as new:
            old = old.execution_options(yield_per=16)
            create(new, where)
            for table in TABLES.sorted_tables:
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
