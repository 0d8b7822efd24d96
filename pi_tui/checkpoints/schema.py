"""Is this database ours, and of a version we know? And making the tables on first use."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select

from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.models import APPLICATION_ID, SCHEMA, Base, Meta
from pi_tui.checkpoints.trouble import damaged
from pi_tui.errors import NotOursError

_TABLES = frozenset(Base.metadata.tables)


def is_ours(connection: Connection, where: Location) -> bool:
    """True for a database of ours, False for an empty one. Writes nothing.

    Raises NotOursError for any other, and for one that a newer pi-tui made.
    """
    ours = _sqlite_is_ours if where.path else _postgres_is_ours
    if not ours(connection, where):
        return False
    if missing := _TABLES - set(inspect(connection).get_table_names()):
        raise damaged(where, f"no table {min(missing)}")
    version = connection.scalar(select(Meta.value).where(Meta.key == "schema_version"))
    if not (version or "").isdecimal():
        raise damaged(where, "no schema version")
    _refuse_newer(int(version or 0), where)
    return True


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
    rows = connection.exec_driver_sql("SELECT type, name FROM sqlite_master LIMIT 1000").all()
    if (application, version) == (0, 0) and not rows:
        return False
    if application != APPLICATION_ID:
        raise not_ours(where)
    _refuse_newer(version, where)
    if any(kind not in ("table", "index") for kind, _ in rows):
        raise NotOursError(
            f"{where.display} holds triggers or views that pi-tui did not make; it was left "
            "untouched: remove them, or choose another file with --db"
        )
    return True


def _postgres_is_ours(connection: Connection, where: Location) -> bool:
    there = _TABLES & set(inspect(connection).get_table_names())
    if there and Meta.__tablename__ not in there:
        raise NotOursError(
            f"{where.display} has a table {min(there)} that pi-tui did not make; "
            "choose another database or schema"
        )
    return bool(there)


def not_ours(where: Location) -> NotOursError:
    """The error for a file that some other program made."""
    return NotOursError(
        f"{where.display} is not a pi-tui database; it was left untouched: "
        "choose another file with --db"
    )


def _refuse_newer(version: int, where: Location) -> None:
    if version > SCHEMA:
        raise NotOursError(
            f"{where.display} is from a newer pi-tui (schema {version}, this program knows "
            f"{SCHEMA}); upgrade pi-tui"
        )
