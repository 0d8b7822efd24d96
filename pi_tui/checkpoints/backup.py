"""Copy the database to a new SQLite file, consistently while another process writes."""

from __future__ import annotations

import errno
import os
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, insert, select

from pi_tui.checkpoints.connection.engine import (
    connect,
    make_empty_file,
    outside_transactions,
    while_others_commit,
)
from pi_tui.checkpoints.connection.trouble import FAILURES, in_our_words
from pi_tui.checkpoints.rows.models import TABLES, create
from pi_tui.errors import StorageError, UsageError
from pi_tui.files.location import Location, parse_location, refuse_files_of_databases, refuse_name
from pi_tui.files.temporary import Temporary, left_over
from pi_tui.words import one_line

_PARTIAL = ".partial"


def back_up(engine: Engine, where: Location, target: str) -> list[Path]:
    """Copy all data of `engine` into the new file `target`, and sync it to disk.

    The finished copy gets its name in one step, so `target` is complete or absent; without hard
    links, as on FAT, a kill may leave it empty. Returns the unfinished copies beside it. They are
    not removed: another backup may be writing them.
    Raises UsageError if `target` exists or cannot be the name of a backup, DamagedError if the
    database turns out to be damaged, StorageError if the copy fails otherwise.
    """
    to = parse_location(target)
    if to.path is None:
        raise UsageError("a backup is a file; give a path")
    if os.path.lexists(to.path):
        raise UsageError(f"{one_line(to.path)} exists already; a backup never replaces a file")
    refuse_files_of_databases(to.path, str(where.path or ""))
    refuse_name(to.path)
    try:
        with Temporary(to.path, _PARTIAL) as folder:
            _back_up(engine, where, folder / "copy", to)
        return left_over(to.path, _PARTIAL)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise in_our_words(error, to) from error
        reason = one_line(error.strerror)
        raise StorageError(f"{to.display} cannot be written: {reason}") from error


def _back_up(engine: Engine, where: Location, copy: Path, to: Location) -> None:
    """Make the copy and give it the name `to`; translate failures into our errors.

    The translation measures free space, so it happens before the temporary copy is removed.
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
        is_busy = getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")  # the source
        of_copy = isinstance(words, StorageError) and not is_busy
        raise in_our_words(error, to) if of_copy else words from error


def _give_name(copy: Path, path: Path) -> None:
    """Give the copy the name `path`; raise FileExistsError if that exists by now.

    The copy may keep its old name too.
    """
    try:
        os.link(copy, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: create the name first, then replace it
        make_empty_file(path)
        os.replace(copy, path)


def _vacuum(source: Location, target: Path) -> None:
    """Copy an SQLite file by VACUUM INTO: a snapshot. The source is open read-only."""
    engine = connect(source, "probe")
    try:
        vacuum = "VACUUM INTO CAST(? AS TEXT)", os.fsencode(target)
        while_others_commit(source.path, partial(outside_transactions, engine, *vacuum))
    finally:
        engine.dispose()


def _copy_rows(source: Engine, target: Path) -> None:
    """Copy our tables of a PostgreSQL database, in one transaction that sees a snapshot."""
    where = parse_location(str(target))
    copy = connect(where, "write")
    try:
        with source.connect() as old, copy.begin() as new:
            old = old.execution_options(yield_per=16, isolation_level="REPEATABLE READ")
            create(new, where)
            for table in TABLES.sorted_tables:
                new.execute(table.delete())
                for rows in old.execute(select(table)).mappings().partitions():
                    new.execute(insert(table), [dict(row) for row in rows])
    finally:
        copy.dispose()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)  # safe: no SQLite connection is open on the copy
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
