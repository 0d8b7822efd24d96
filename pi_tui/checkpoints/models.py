"""The tables, as SQLAlchemy entities.

Names carry a prefix because a server database may be shared. Output is append-only rows with a
chain of hashes. A checkpoint is one row that names the pieces of its state by their SHA-256, and a
piece is stored once, however many checkpoints name it. Nothing is ordered by a clock: `seq` orders
checkpoints, `touched` orders runs. Times are text and information only.

SQLite keeps any type in any column, and a file may be damaged, or hostile: `to_run` and
`to_checkpoint` believe nothing before it was looked at.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    insert,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.records import ACTIVE, APPLICATION_ID, COMPLETE, SCHEMA, Checkpoint, Run
from pi_tui.machine import BadState, Kind, Limits, Task
from pi_tui.words import one_line

PART = 2**20
"""Bytes in a row of a piece, the last one excepted."""
ROW_OUTPUT = 10**6
"""Most bytes of output in one row."""
MOST = 2**53
"""No count is larger: as many steps as a computer makes in a century."""
_MOST_MS = 10**13
"""Milliseconds in three centuries."""
_MOST_TEXT = 10_000
"""Characters of a task's parameters."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """All our tables."""


class Meta(Base):
    """Facts about the database itself: `schema_version`."""

    __tablename__ = "pi_meta"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class RunRow(Base):
    """A task and how far it is; kind and goal are its identity."""

    __tablename__ = "pi_run"
    __table_args__ = (
        UniqueConstraint("kind", "goal"),
        CheckConstraint("committed >= 0"),
        CheckConstraint("last_seq >= 0"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(Integer)
    """Of the kind's states and parameters."""
    goal: Mapped[int] = mapped_column(BigInteger)
    parameters: Mapped[str] = mapped_column(Text)
    """The task's other numbers and words, a small JSON object."""
    status: Mapped[str] = mapped_column(String(10))
    verified: Mapped[int] = mapped_column(Integer, default=0)
    epoch: Mapped[int] = mapped_column(BigInteger, default=0)
    """Who writes: opening a run adds one, and a commit must name the epoch it was opened with."""
    touched: Mapped[int] = mapped_column(BigInteger, default=0)
    """Order of being worked on: the run opened last has the highest."""
    last_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    """Number of the last commit; tells whether a commit of unknown outcome is in."""
    committed: Mapped[int] = mapped_column(BigInteger, default=0)
    """Bytes of output saved."""
    elapsed_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    owner: Mapped[str] = mapped_column(String(200), default="")
    """Who has it open; "" after a clean end, so a name that is left tells of a kill."""
    created_utc: Mapped[str] = mapped_column(String(40))
    updated_utc: Mapped[str] = mapped_column(String(40))
    """When it was last saved."""


class CheckpointRow(Base):
    """One committed state: which pieces it has; none for the last one of a complete run."""

    __tablename__ = "pi_checkpoint"
    __table_args__ = (CheckConstraint("seq > 0"),)

    run_id: Mapped[int] = mapped_column(
        ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    steps: Mapped[int] = mapped_column(BigInteger)
    length: Mapped[int] = mapped_column(BigInteger)
    """Bytes of output at that moment; the output itself is in `pi_output`."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all its pieces."""
    manifest: Mapped[str] = mapped_column(Text)
    """A line for each piece: SHA-256, bytes, whether it is lasting, name."""
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    """Over steps, length and manifest."""
    elapsed_ms: Mapped[int] = mapped_column(BigInteger)
    saved_utc: Mapped[str] = mapped_column(String(40))


class PieceRow(Base):
    """A part of a piece, 1 MiB: one row of 100 MB costs three times as much, and memory."""

    __tablename__ = "pi_piece"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """Of the whole piece."""
    part: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary(PART))


class OutputRow(Base):
    """Up to a million bytes of output; `chain` is SHA-256(chain of the row before + data)."""

    __tablename__ = "pi_output"
    __table_args__ = (CheckConstraint(f"count BETWEEN 1 AND {ROW_OUTPUT}"),)

    run_id: Mapped[int] = mapped_column(
        ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Offset of its first byte, from 0."""
    count: Mapped[int] = mapped_column(Integer)
    data: Mapped[bytes] = mapped_column(LargeBinary(ROW_OUTPUT))
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))


def create(connection: Connection, where: Location) -> None:
    """The tables are there, and the database is marked as ours, once the transaction commits."""
    Base.metadata.create_all(connection)
    connection.execute(insert(Meta).values(key="schema_version", value=str(SCHEMA)))
    if where.path:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA}")


class BadRow(Exception):
    """A row holds what we never wrote; the text says what."""


def to_run(row: RunRow, kind: Kind | None = None) -> Run:
    """The record of a row, believed as far as the limits of its kind go. Raises BadRow."""
    task = Task(whole(row.goal, 1, MOST, "goal"), _parameters(row.parameters))
    try:
        limits = kind.limits(task) if kind else Limits()
    except BadState as problem:
        raise BadRow(f"an impossible task ({one_line(problem, 80)})") from problem
    if row.status not in (ACTIVE, COMPLETE):
        raise BadRow("an unknown status")
    return Run(
        id=row.id,
        task=task,
        status=row.status,
        verified=row.verified == 1 and row.status == COMPLETE,
        committed=whole(row.committed, 0, limits.output, "committed"),
        last_seq=whole(row.last_seq, 0, MOST, "last_seq"),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
        owner=one_line(row.owner, 80),
        created_at=_when(row.created_utc),
        updated_at=_when(row.updated_utc),
    )


def to_checkpoint(row: CheckpointRow, limits: Limits) -> Checkpoint:
    """The record of a row. Raises BadRow."""
    return Checkpoint(
        seq=whole(row.seq, 1, MOST, "seq"),
        steps=whole(row.steps, 0, limits.steps, "steps"),
        length=whole(row.length, 0, limits.output, "length"),
        size=whole(row.size, 0, limits.state, "size"),
        saved_at=_when(row.saved_utc),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
    )


def whole(value: object, low: int, high: int, name: str) -> int:
    """`value`, which is an integer from `low` to `high`. Raises BadRow."""
    if not isinstance(value, int) or not low <= value <= high:
        raise BadRow(f"an impossible {name}")
    return value


def parameters_text(task: Task) -> str:
    """The parameters of a task as they are stored."""
    return json.dumps(dict(task.parameters), sort_keys=True)


def _parameters(text: object) -> dict[str, int | str]:
    try:
        if not isinstance(text, str) or len(text) > _MOST_TEXT:
            raise ValueError
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRow("parameters that cannot be read") from None
    if not isinstance(found, dict) or not all(type(v) in (int, str) for v in found.values()):
        raise BadRow("impossible parameters")
    return found


def utc_now() -> str:
    """The time, as it is stored: for people to read, never to order by."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def milliseconds(seconds: float) -> int:
    """Elapsed seconds as stored."""
    return min(max(0, round(seconds * 1000)), _MOST_MS)


def _when(text: object) -> datetime:
    try:
        when = datetime.fromisoformat(str(text))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        when.astimezone()  # near the years 1 and 9999 local time does not exist
    except (ValueError, OverflowError):
        return _LONG_AGO
    return when
