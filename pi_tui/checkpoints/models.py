"""The tables, as SQLAlchemy entities.

Names carry a prefix because a server database may be shared. Output is append-only rows with a
chain of hashes. A checkpoint is one row that names the pieces of its state by their SHA-256, and a
piece is stored once, however many checkpoints name it. Nothing is ordered by a clock: `seq` orders
checkpoints, `touched` orders runs. Times are text and information only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = 2
"""Version of these tables: an older one is brought up to it (migration.py), a newer one refused."""
APPLICATION_ID = 0x70692D74
"""The number in an SQLite file that marks it as ours."""
PART = 2**20
"""Bytes in a row of a piece, the last one excepted."""
ROW_OUTPUT = 10**6
"""Most bytes of output in one row."""


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
    verified: Mapped[int] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(BigInteger)
    """Who writes: opening a run adds one, and a commit must name the epoch it was opened with."""
    touched: Mapped[int] = mapped_column(BigInteger)
    """Order of being worked on: the run opened last has the highest."""
    last_seq: Mapped[int] = mapped_column(BigInteger)
    """Number of the last commit; tells whether a commit of unknown outcome is in."""
    committed: Mapped[int] = mapped_column(BigInteger)
    """Bytes of output saved."""
    elapsed_ms: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str] = mapped_column(String(200))
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
