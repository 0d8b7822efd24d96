"""The tables, as SQLAlchemy knows them.

Names carry a prefix because a server database may be shared. Nothing is ordered by a clock: `seq`
orders checkpoints, `touched` orders runs. Times are text and information only.

SQLite keeps any type in any column, and a file may be damaged or hostile: `to_run` and
`to_checkpoint` check every value.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pi_tui.checkpoints import checked
from pi_tui.checkpoints.locking.process import words_of
from pi_tui.checkpoints.records import ACTIVE, APPLICATION_ID, COMPLETE, SCHEMA, Checkpoint, Run
from pi_tui.files.location import Location
from pi_tui.machine import BadState, Kind, Limits, Refused, Task, Work
from pi_tui.task import LONGEST_TEXT
from pi_tui.words import one_line

PART = 2**20
"""Bytes of a piece in each row; fewer in the last."""
ROW_OUTPUT = 10**6
"""Most bytes of output in one row."""
MOST = 2**53
"""The largest count accepted: as many steps as a computer makes in a century."""
_MOST_MS = 10**13
"""The longest elapsed time accepted: milliseconds in three centuries."""
_MOST_VERSION = 2**31 - 1
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> str:
    """Return the current UTC time as stored text: for people to read, never for ordering."""
    return now().isoformat(timespec="milliseconds")


def now() -> datetime:
    """Return the current UTC time, truncated to the millisecond."""
    when = datetime.now(UTC)
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def _run_id() -> sa.Column[int]:
    return sa.Column("run_id", sa.ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True)


TABLES = sa.MetaData()
"""All tables of a database."""
META = sa.Table(
    "pi_meta",
    TABLES,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("value", sa.String(200), nullable=False),
)
"""Table of facts: `schema_version`, `database` (a random identity), unit and tuning of kinds."""
KIND_NAME = 40
"""Maximum characters of the name of a kind on a server; SQLite accepts any number."""
RUNS = sa.Table(
    "pi_run",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(KIND_NAME), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the kind that saved it last
    sa.Column("goal", sa.BigInteger, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),  # see `Task.text`
    sa.Column("identity", sa.String(64), nullable=False),  # see `Task.identity`
    sa.Column("status", sa.String(10), nullable=False, default=ACTIVE),
    sa.Column("verified", sa.Integer, nullable=False, default=0),
    # Fencing token: opening a run adds one, and a commit must name the epoch it got then.
    sa.Column("epoch", sa.BigInteger, nullable=False, default=0),
    # Order of use: the run opened last has the highest.
    sa.Column("touched", sa.BigInteger, nullable=False, default=0),
    # Number of the last commit; shows whether a commit of unknown outcome landed.
    sa.Column("last_seq", sa.BigInteger, nullable=False, default=0),
    sa.Column("committed", sa.BigInteger, nullable=False, default=0),  # bytes of output saved
    sa.Column("elapsed_ms", sa.BigInteger, nullable=False, default=0),
    # The process that has it open; "" after a clean end, so a name left over means a kill.
    sa.Column("owner", sa.String(200), nullable=False, default=""),
    sa.Column("created_utc", sa.String(40), nullable=False, default=utc_now),
    sa.Column("updated_utc", sa.String(40), nullable=False, default=utc_now),  # of the last save
    sa.UniqueConstraint("kind", "goal", "identity"),
    sa.CheckConstraint("committed >= 0"),
    sa.CheckConstraint("last_seq >= 0"),
)
"""Table of runs: task and progress. Kind, goal and the digest of the parameters identify a run."""
CHECKPOINTS = sa.Table(
    "pi_checkpoint",
    TABLES,
    _run_id(),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("steps", sa.BigInteger, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),  # bytes of output then, all in `pi_output`
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes of all its pieces
    # A line for each piece: SHA-256, bytes, whether it is lasting, name.
    sa.Column("manifest", sa.Text, nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),  # see `state_rows.digest`
    sa.Column("elapsed_ms", sa.BigInteger, nullable=False),
    sa.Column("saved_utc", sa.String(40), nullable=False, default=utc_now),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),  # of the kind
    sa.Column("done", sa.Double),  # work; NULL in those that earlier versions saved
    sa.Column("total", sa.Double),
    sa.CheckConstraint("seq > 0"),
)
"""Table of committed states: the list of pieces, empty for the last one of a complete run."""
PIECES = sa.Table(
    "pi_piece",
    TABLES,
    _run_id(),
    sa.Column("sha256", sa.LargeBinary(32), primary_key=True),  # of the whole piece
    sa.Column("part", sa.Integer, primary_key=True),
    sa.Column("data", sa.LargeBinary(PART), nullable=False),
)
"""Table of pieces, in parts of 1 MiB: a row of 100 MB takes three times as long and more memory."""
OUTPUT = sa.Table(
    "pi_output",
    TABLES,
    _run_id(),
    sa.Column("start", sa.BigInteger, primary_key=True),  # offset of its first byte, from 0
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("data", sa.LargeBinary(ROW_OUTPUT), nullable=False),
    sa.Column("chain", sa.LargeBinary(32), nullable=False),
    sa.CheckConstraint(f"count BETWEEN 1 AND {ROW_OUTPUT}"),
)
"""Table of output, up to 10^6 bytes a row; `chain` is SHA-256(chain of the previous row + data)."""


def create(connection: sa.Connection, where: Location) -> None:
    """Create the tables in the caller's transaction, and mark the database as one of this program.

    The marks are the schema version and a random identity; in a file also those of `mark_file`.
    """
    TABLES.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(META).values(key="schema_version", value=str(SCHEMA)))
    give_identity(connection)
    if where.path:
        mark_file(connection, SCHEMA)


def mark_file(connection: sa.Connection, version: int) -> None:
    """Write the application id and the schema version into an SQLite file's header.

    Writes nothing if they are there.
    """
    for name, value in (("application_id", APPLICATION_ID), ("user_version", version)):
        if connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() != value:
            connection.exec_driver_sql(f"PRAGMA {name}={value}")


def give_identity(connection: sa.Connection) -> None:
    """Save a random identity in the database. Copies of the database have the same identity."""
    connection.execute(sa.insert(META).values(key="database", value=secrets.token_hex(16)))


def unit_key(kind: str) -> str:
    """Return the key in META under which the unit of a kind's output is kept.

    The key has a digest of the kind's name, because a name may be as long as a whole key.
    """
    return f"unit {_short_digest(kind)}"


def tuning_key(kind: str) -> str:
    """Return the key in META of the tuning with which the identities of the kind's runs were made.

    The value is the `digest_of` the tuning. Migrations write none: they know no kind.
    """
    return f"tuning {_short_digest(kind)}"


def digest_of(tuning: Collection[str]) -> str:
    """Return a short text that differs for other names of tuning parameters; order is ignored."""
    return _short_digest(repr(sorted(tuning)))


def _short_digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def value_of(key: str) -> sa.Select[Any]:
    """Return the query for the value that META keeps under a key."""
    return sa.select(META.c.value).where(META.c.key == key)


UNITS = sa.select(META).where(META.c.key.startswith("unit "))
"""Query for the units of all kinds."""
IDENTITY = value_of("database")
"""Query for the identity of the database."""


class BadRow(Exception):
    """Rows are missing, or hold data that we never wrote; the text describes the damage."""


def to_run(row: sa.Row[Any], kind: Kind) -> Run:
    """Return the Run that a row holds.

    Raises BadRow for impossible values, such as those beyond the limits of the kind. But a time
    that cannot be read becomes 1970, because times are information only.
    """
    task = to_task(row)
    limits = limits_of(kind, task)
    if row.status not in (ACTIVE, COMPLETE):
        raise BadRow("an unknown status")
    if not isinstance(row.kind, str):
        raise BadRow("an impossible kind")
    return Run(
        id=row.id,
        kind=row.kind,
        task=task,
        status=row.status,
        verified=row.verified == 1 and row.status == COMPLETE,
        committed=whole(row.committed, 0, limits.output, "committed"),
        last_seq=whole(row.last_seq, 0, MOST, "last_seq"),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
        owner=words_of(str(row.owner)),
        owner_mark=one_line(row.owner, 200),
        created_at=_when(row.created_utc),
        updated_at=_when(row.updated_utc),
    )


def to_checkpoint(row: sa.Row[Any], limits: Limits) -> Checkpoint:
    """Return the Checkpoint that a row holds.

    Raises BadRow for impossible values, such as those beyond `limits`. But a time that cannot be
    read becomes 1970.
    """
    return Checkpoint(
        seq=whole(row.seq, 1, MOST, "seq"),
        steps=whole(row.steps, 0, limits.steps, "steps"),
        length=whole(row.length, 0, limits.output, "length"),
        size=whole(row.size, 0, limits.state, "size"),
        saved_at=_when(row.saved_utc),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
        version=whole(row.version, 0, _MOST_VERSION, "version"),
        work=_work(row.done, row.total),
    )


def _work(done: Any, total: Any) -> Work | None:
    if done is None or total is None:
        return None
    if not all(isinstance(one, float) and 0 <= one < math.inf for one in (done, total)):
        raise BadRow("an impossible work")
    return Work(done, total)


def limits_of(kind: Kind, task: Task) -> Limits:
    """Return the limits of a task read from a file. Raises BadRow for an impossible task.

    If the kind refuses to compute the task now, the saved data may still be right. The limits are
    then MOST, which no real data reaches.
    """
    try:
        return checked.limits(kind, task)
    except Refused:
        return Limits(MOST, MOST, MOST)
    except BadState as problem:
        raise BadRow(f"an impossible task ({one_line(problem, 80)})") from problem


def to_task(row: sa.Row[Any]) -> Task:
    """Return the Task that a row holds. Raises BadRow if its goal or parameters are invalid."""
    goal = whole(row.goal, 1, MOST, "goal")
    if not isinstance(row.parameters, str) or len(row.parameters) > LONGEST_TEXT:
        raise BadRow("parameters that cannot be read")
    try:
        return Task.of_text(goal, row.parameters)
    except (ValueError, TypeError, RecursionError):
        raise BadRow("parameters that cannot be read") from None


def whole(value: object, low: int, high: int, name: str) -> int:
    """Return `value` if it is an integer from `low` to `high`, else raise BadRow."""
    if not isinstance(value, int) or not low <= value <= high:
        raise BadRow(f"an impossible {name}")
    return value


def milliseconds(seconds: float) -> int:
    """Convert elapsed seconds to the milliseconds stored, at most `_MOST_MS`."""
    return min(round(seconds * 1000), _MOST_MS)


def _when(text: object) -> datetime:
    try:
        when = datetime.fromisoformat(str(text))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        when.astimezone()  # near the years 1 and 9999 local time does not exist
    except (ValueError, OverflowError):
        return _LONG_AGO
    return when
