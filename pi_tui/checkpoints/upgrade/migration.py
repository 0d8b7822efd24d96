"""Migrate databases of earlier versions, in one transaction each; a file after a backup.

A kill or a full disk at any moment leaves the old database or the new one. Schema 1 kept only runs
of the spigot, in columns of their own; no other module outside `pi/` knows of it. Schema 2 told
runs apart by kind and goal only.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from pi_tui.checkpoints.backup import back_up
from pi_tui.checkpoints.connection.engine import outside_transactions
from pi_tui.checkpoints.connection.trouble import FAILURES
from pi_tui.checkpoints.locking.server_lock import MAKING
from pi_tui.checkpoints.records import SCHEMA
from pi_tui.checkpoints.rows.models import (
    CHECKPOINTS,
    OUTPUT,
    PIECES,
    RUNS,
    TABLES,
    BadRow,
    give_identity,
    to_task,
    whole,
)
from pi_tui.checkpoints.rows.state_rows import Entry, digest
from pi_tui.errors import NotOursError
from pi_tui.files.location import Location
from pi_tui.machine import Known

_TABLES_OF_1 = {
    "pi_run": "id digits algorithm digits_per_step boxes_per_block status verified epoch touched "
    "last_seq committed elapsed_ms created_utc updated_utc",
    "pi_checkpoint": "run_id seq iteration count size sha256 elapsed_ms saved_utc",
    "pi_checkpoint_part": "run_id seq part data",
    "pi_digits": "run_id start count data chain",
}
"""Tables of schema 1, with the columns to be migrated."""
_LONGEST_NAME = 220
"""Bytes of a database's name kept in that of its backup, which must have room for a suffix."""
_ALGORITHM_OF_1 = "rabinowitz-wagon/1"


class OlderError(NotOursError):
    """The database must be migrated before it can be read."""


def older_tables(where: Location) -> OlderError:
    """Return the error for a process that would only read, but finds tables of an older schema.

    They must be migrated first, which only a process that writes may do.
    """
    backup = " (a backup is made beside it)" if where.path else ""
    return OlderError(
        f"{where.display} is from an earlier version of this program; open it once for computing "
        f"to bring it up to date{backup}"
    )


def migrate(engine: sa.Engine, where: Location, version: int) -> None:
    """Migrate the tables and their data to the current schema.

    A file is copied to `FILE.schema-N` first (`.schema-N.2` … if that exists), where N is its old
    version. A server is migrated in a transaction too, without a backup: that is up to its owner.
    If the migration fails, the copy is deleted, unless the database may have changed all the same.
    Where locks do not work, another process may have migrated the database since `version` was
    read. Then nothing is changed, and the copy is deleted.
    """
    backup = _free_name(where.path, f".schema-{version}") if where.path else None
    if backup is not None:
        back_up(engine, where, str(backup))
        outside_transactions(engine, "PRAGMA foreign_keys=OFF")  # for `_make_runs_anew`
    try:
        with engine.begin() as connection:
            if where.path is None:
                connection.execute(MAKING)  # waits for another migration; BEGIN does for a file
            if is_old := _has_schema(connection, version):
                _change(connection, where, version)
        if backup is not None and not is_old:
            backup.unlink()
    except BaseException:  # ctrl+c too
        if backup is not None and _is_still_old(engine, version):
            backup.unlink()  # or every start would leave another backup
        raise
    finally:
        engine.dispose()  # new connections keep foreign keys again


def _is_still_old(engine: sa.Engine, version: int) -> bool:
    """Return True if the database certainly has the old schema, number `version`, still.

    A migration whose commit failed may have worked all the same. Returns False if the database
    cannot be read.
    """
    engine.dispose()
    with suppress(*FAILURES), engine.connect() as connection:
        return _has_schema(connection, version)
    return False


def _has_schema(connection: sa.Connection, version: int) -> bool:
    found = "SELECT value FROM pi_meta WHERE key = 'schema_version'"
    return bool(connection.scalar(sa.text(found)) == str(version))


def _change(connection: sa.Connection, where: Location, version: int) -> None:
    """Change the tables and their data from schema `version` to the current one."""
    (_from_1 if version == 1 else _from_2)(connection)
    _identify_runs(connection)
    give_identity(connection)
    change = f"UPDATE pi_meta SET value = '{SCHEMA}' WHERE key = 'schema_version'"
    connection.execute(sa.text(change))
    if where.path is not None:
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")


def _free_name(path: Path, end: str) -> Path:
    """Return a path for the copy that does not exist yet; the name is cut to fit a file system."""
    name = os.fsencode(path.name)[:_LONGEST_NAME].decode("utf-8", "ignore") + end
    copies = (path.with_name(name if n == 1 else f"{name}.{n}") for n in count(1))
    return next(copy for copy in copies if not copy.exists())


def _from_1(connection: sa.Connection) -> None:
    """Migrate from schema 1: move its runs, output and states into the tables for any kind.

    States become pieces that are found by their hash.
    """
    old = {}
    for name, columns in _TABLES_OF_1.items():
        connection.execute(sa.text(f"ALTER TABLE {name} RENAME TO {_aside(name)}"))
        old[name] = sa.table(_aside(name), *map(sa.column, columns.split()))
    TABLES.create_all(connection)
    for run in connection.execute(sa.select(old["pi_run"])).all():
        connection.execute(sa.insert(RUNS).values(_run_of_1(run)))
    output = old["pi_digits"]
    connection.execute(sa.insert(OUTPUT).from_select(output.c.keys(), sa.select(output)))
    moved: set[tuple[int, bytes]] = set()
    for row in connection.execute(sa.select(old["pi_checkpoint"])).all():
        _move_checkpoint(connection, row, old["pi_checkpoint_part"], moved)
    for name in reversed(_TABLES_OF_1):
        connection.execute(sa.text(f"DROP TABLE {_aside(name)}"))
    if connection.dialect.name == "postgresql":  # ids were inserted: skip past them
        connection.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('pi_run', 'id'), "
            "coalesce(max(id), 0) + 1, false) FROM pi_run"
        )


def _from_2(connection: sa.Connection) -> None:
    """Migrate from schema 2: add the identity to runs, version and work to checkpoints.

    Every checkpoint gets a new hash, which covers these; one whose old hash is wrong gets an
    impossible hash, so that its damage still shows.
    """
    if connection.dialect.name == "postgresql":
        _widen_runs_of_a_server(connection)
    else:
        _make_runs_anew(connection)
    for one in (CHECKPOINTS.c.version, CHECKPOINTS.c.done, CHECKPOINTS.c.total):
        definition = sa.schema.CreateColumn(one).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"ALTER TABLE pi_checkpoint ADD COLUMN {definition}")
    found = connection.execute(sa.select(RUNS.c.id, RUNS.c.version)).all()
    versions = {row.id: row.version for row in found}
    for row in connection.execute(sa.select(CHECKPOINTS)).all():
        version = versions.get(row.run_id)
        head = f"{row.steps} {row.length}\n{row.manifest}"
        sound = row.sha256 == hashlib.sha256(head.encode()).digest()  # as schema 2 computed it
        new = digest(version, row.steps, row.length, None, None, row.manifest)
        its = (CHECKPOINTS.c.run_id == row.run_id, CHECKPOINTS.c.seq == row.seq)
        change = sa.update(CHECKPOINTS).where(*its).values(sha256=new if sound else b"damaged")
        connection.execute(change.values(version=version if isinstance(version, int) else 0))


def _make_runs_anew(connection: sa.Connection) -> None:
    """Replace the table of runs, because SQLite cannot drop a constraint.

    The identity of each run is its id until `_identify_runs` sets it.

    Foreign keys are off, so the other tables keep their references to its name. With them on,
    dropping the old table would delete all rows of all runs.
    """
    new = RUNS.to_metadata(sa.MetaData(), name="pi_new_run")
    new.create(connection)
    same = [one for one in RUNS.c if one is not RUNS.c.identity]
    rows = sa.select(*same, RUNS.c.id.label("identity"))
    connection.execute(sa.insert(new).from_select(rows.selected_columns.keys(), rows))
    connection.execute(sa.text("DROP TABLE pi_run"))
    connection.execute(sa.text("ALTER TABLE pi_new_run RENAME TO pi_run"))


def _widen_runs_of_a_server(connection: sa.Connection) -> None:
    connection.execute(sa.text("ALTER TABLE pi_run ADD COLUMN identity VARCHAR(64)"))
    connection.execute(sa.text("UPDATE pi_run SET identity = id"))
    connection.execute(sa.text("ALTER TABLE pi_run ALTER COLUMN identity SET NOT NULL"))
    for constraint in sa.inspect(connection).get_unique_constraints("pi_run"):
        connection.execute(sa.text(f'ALTER TABLE pi_run DROP CONSTRAINT "{constraint["name"]}"'))
    connection.execute(sa.text("ALTER TABLE pi_run ADD UNIQUE (kind, goal, identity)"))


def _identify_runs(connection: sa.Connection) -> None:
    """Set the identity of each run to the digest of all its parameters.

    That includes tuning parameters, because the migration does not know which ones are tuning. The
    first `open_run` of a kind that does not find its task by such a digest computes the digests of
    all runs of that kind again, without tuning parameters. A damaged run gets an identity that no
    task has.
    """
    for row in connection.execute(sa.select(RUNS)).all():
        try:
            identity = to_task(row).identity()
        except BadRow:
            identity = f"damaged run {row.id}"
        connection.execute(sa.update(RUNS).where(RUNS.c.id == row.id).values(identity=identity))


def _aside(name: str) -> str:
    return name.replace("pi_", "pi_old_", 1)


def _run_of_1(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    """Convert a row of schema 1 to the values of a run.

    Two of its columns become parameters of the task. Raises NotOursError for an unknown algorithm,
    and BadRow if these columns hold impossible numbers.
    """
    old = row._asdict()
    if old["algorithm"] != _ALGORITHM_OF_1:
        raise NotOursError("a run was made by a version that this program does not know")
    numbers = {
        name: whole(old[name], 1, 2**53, name) for name in ("digits_per_step", "boxes_per_block")
    }
    same = ("id", "status", "verified", "epoch", "touched", "last_seq", "committed", "elapsed_ms")
    return {name: old[name] for name in (*same, "created_utc", "updated_utc")} | {
        "kind": "pi",
        "version": 1,
        "identity": str(old["id"]),
        "goal": old["digits"],
        "parameters": json.dumps({**numbers, "series": "rabinowitz-wagon"}, sort_keys=True),
        "owner": "",
    }


def _move_checkpoint(
    connection: sa.Connection,
    row: sa.Row[tuple[object, ...]],
    parts: sa.TableClause,
    moved: set[tuple[int, bytes]],
) -> None:
    """Copy a checkpoint to the new tables, its bytes as one piece; keep their hash, to show damage.

    `moved` has run and hash of each piece copied so far. Such a piece is not copied again, and a
    new one is added. A checkpoint with an impossible hash or size is marked as damaged.
    """
    old = row._asdict()
    sha256, size = old["sha256"], old["size"]
    sound = isinstance(sha256, bytes) and len(sha256) == 32 and isinstance(size, int)
    entries = [Entry(Known(sha256, size), False, "state")] if sound and size else []
    same = ("run_id", "seq", "size", "elapsed_ms", "saved_utc")
    steps, length, manifest = old["iteration"], old["count"], "\n".join(map(str, entries))
    new = {name: old[name] for name in same}
    new |= {"steps": steps, "length": length, "manifest": manifest}
    new["sha256"] = digest(1, steps, length, None, None, manifest) if sound else b"damaged"
    connection.execute(sa.insert(CHECKPOINTS).values(new))
    if entries and (row.run_id, sha256) not in moved:
        moved.add((row.run_id, sha256))
        its = (parts.c.run_id == row.run_id, parts.c.seq == row.seq)
        data = sa.select(parts.c.run_id, sa.literal(sha256), parts.c.part, parts.c.data).where(*its)
        columns = ("run_id", "sha256", "part", "data")
        connection.execute(sa.insert(PIECES).from_select(columns, data))
