"""The tables, as SQLAlchemy entities.

Names carry a prefix because a server database may be shared. Digits are append-only rows with a
chain of hashes; a checkpoint is one row and its state in parts of 1 MiB. Nothing is ordered by a
clock: `seq` orders checkpoints, `touched` orders runs. Times are text and information only.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    String,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = 1
"""Version of these tables; a newer one is refused."""
APPLICATION_ID = 0x70692D74
"""Marks an SQLite file as ours ("pi-t" in ASCII)."""
PART = 2**20
"""Bytes in a part of a state, the last one excepted."""
MOST_PARTS = 4096
ROW_DIGITS = 10**6
"""Most digits in one row."""
ALGORITHM = "rabinowitz-wagon/1"


class Base(DeclarativeBase):
    """All our tables."""


class Meta(Base):
    """Facts about the database itself: `schema_version`."""

    __tablename__ = "pi_meta"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


class RunRow(Base):
    """One computation; the number of digits is its identity."""

    __tablename__ = "pi_run"
    __table_args__ = (CheckConstraint("committed >= 0"), CheckConstraint("last_seq >= 0"))

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    digits: Mapped[int] = mapped_column(BigInteger, unique=True)
    algorithm: Mapped[str] = mapped_column(String(20))
    digits_per_step: Mapped[int] = mapped_column(BigInteger)
    boxes_per_block: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10))
    verified: Mapped[int] = mapped_column(Integer)
    epoch: Mapped[int] = mapped_column(BigInteger)
    """Who writes: opening a run adds one, and a commit must name the epoch it was opened with."""
    touched: Mapped[int] = mapped_column(BigInteger)
    """Order of being worked on: the run opened last has the highest."""
    last_seq: Mapped[int] = mapped_column(BigInteger)
    """Number of the last commit; tells whether a commit of unknown outcome is in."""
    committed: Mapped[int] = mapped_column(BigInteger)
    elapsed_ms: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str] = mapped_column(String(200))
    created_utc: Mapped[str] = mapped_column(String(40))
    updated_utc: Mapped[str] = mapped_column(String(40))


class CheckpointRow(Base):
    """One committed state; `parts` is 0 for the last one of a complete run, which needs none."""

    __tablename__ = "pi_checkpoint"
    __table_args__ = (
        CheckConstraint("seq > 0"),
        CheckConstraint(f"parts BETWEEN 0 AND {MOST_PARTS}"),
    )

    run_id: Mapped[int] = mapped_column(
        ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    iteration: Mapped[int] = mapped_column(BigInteger)
    count: Mapped[int] = mapped_column(BigInteger)
    """Settled digits at that moment; the digits themselves are in `pi_digits`."""
    size: Mapped[int] = mapped_column(BigInteger)
    parts: Mapped[int] = mapped_column(Integer)
    format: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    elapsed_ms: Mapped[int] = mapped_column(BigInteger)
    saved_utc: Mapped[str] = mapped_column(String(40))


class PartRow(Base):
    """A piece of a state, 1 MiB: one row of 100 MB costs three times as much, and memory."""

    __tablename__ = "pi_checkpoint_part"
    __table_args__ = (
        ForeignKeyConstraint(
            ["run_id", "seq"],
            ["pi_checkpoint.run_id", "pi_checkpoint.seq"],
            ondelete="CASCADE",
            deferrable=True,  # parts go in first: their hash is known only after the last one
            initially="DEFERRED",
        ),
    )

    run_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    part: Mapped[int] = mapped_column(Integer, primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary(PART))


class DigitsRow(Base):
    """Up to a million digits; `chain` is SHA-256(chain of the row before + data)."""

    __tablename__ = "pi_digits"
    __table_args__ = (CheckConstraint(f"count BETWEEN 1 AND {ROW_DIGITS}"),)

    run_id: Mapped[int] = mapped_column(
        ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True
    )
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    """Offset of its first digit among the decimals, from 0."""
    count: Mapped[int] = mapped_column(Integer)
    data: Mapped[bytes] = mapped_column(LargeBinary(ROW_DIGITS))
    chain: Mapped[bytes] = mapped_column(LargeBinary(32))
