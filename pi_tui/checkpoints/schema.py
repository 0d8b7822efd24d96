"""Is this database ours, and of a version we know? And making the tables on first use."""

from __future__ import annotations

import re

from sqlalchemy import Connection, insert, inspect, select, text

from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.models import APPLICATION_ID, SCHEMA, Base, Meta
from pi_tui.checkpoints.trouble import damaged, no_rights
from pi_tui.errors import NotOursError

_META = Meta.__tablename__
_MAY_CREATE = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
_OURS = ("pi_meta", "pi_run", "pi_checkpoint")
"""Tables of every version."""


def version_of(connection: Connection, where: Location) -> int:
    """The version of the tables of ours that are there; 0 for an empty database. Writes nothing.

    Raises NotOursError for a database of others, or of a newer version; DamagedError if tables or
    columns are missing.
    """
    ours = _sqlite_is_ours if where.path else _postgres_is_ours
    if not ours(connection, where):
        return 0
    there = inspect(connection).get_table_names()
    if _META not in there:
        raise damaged(where, f"no table {_META}")
    found = connection.scalar(text(f"SELECT value FROM {_META} WHERE key = 'schema_version'"))
    if not isinstance(found, str) or re.fullmatch("[1-9][0-9]{0,8}", found) is None:
        raise damaged(where, "no schema version")
    _refuse_newer(int(found), where)
    if int(found) == SCHEMA:
        _look_at_tables(connection, where, there)
    return int(found)


def _look_at_tables(connection: Connection, where: Location, there: list[str]) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name not in there:
            raise damaged(where, f"no table {table.name}")
        connection.execute(select(table).limit(0))  # fails without one of its columns


def create(connection: Connection, where: Location) -> None:
    """The tables are there, and the database is marked as ours, once the transaction commits."""
    Base.metadata.create_all(connection)
    connection.execute(insert(Meta).values(key="schema_version", value=str(SCHEMA)))
    if where.path:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")


def _sqlite_is_ours(connection: Connection, where: Location) -> bool:
    application = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    master = "SELECT 1 FROM sqlite_master"
    anything = connection.exec_driver_sql(f"{master} LIMIT 1").first()
    if (application, version) == (0, 0) and not anything:
        return False
    if application != APPLICATION_ID:
        raise not_ours(where)
    _refuse_newer(version, where)
    no_table = "type NOT IN ('table', 'index') OR rootpage = 0"  # 0: a virtual one, run by a module
    strange = f"{master} WHERE {no_table} LIMIT 1"
    if connection.exec_driver_sql(strange).first():
        raise NotOursError(
            f"{where.display} holds triggers or views that this program did not make; it was left "
            "untouched: remove them, or choose another file with --db"
        )
    return True


def _postgres_is_ours(connection: Connection, where: Location) -> bool:
    there = set(_OURS) & set(inspect(connection).get_table_names())
    if there and _META not in there:
        raise NotOursError(
            f"{where.display} has a table {min(there)} that this program did not make; "
            "choose another database or schema"
        )
    if not there and not connection.scalar(_MAY_CREATE):  # and may not even see what is there
        raise no_rights(where, "no right to use a schema of it")
    return bool(there)


def not_ours(where: Location) -> NotOursError:
    """The error for a file that some other program made."""
    return NotOursError(
        f"{where.display} is no database of checkpoints; it was left untouched: "
        "choose another file with --db"
    )


def older(where: Location) -> OlderError:
    """The error for a reader of tables that only a writer may bring up to date."""
    return OlderError(
        f"{where.display} is from an earlier version of this program; open it once for computing "
        "to bring it up to date (a backup is made beside it)"
    )


class OlderError(NotOursError):
    """The database must be brought up to date before it can be read."""


def _refuse_newer(version: int, where: Location) -> None:
    if version > SCHEMA:
        raise NotOursError(
            f"{where.display} is from a newer version of this program (schema {version}, this one "
            f"knows {SCHEMA}); upgrade it"
        )
