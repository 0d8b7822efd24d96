"""The tables of schema 2, made by version 1.1; tables missing here have not changed since.

Only for migration.py, which needs the old tables as they were, however models.py changes.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from pi_tui.checkpoints.rows.models import OUTPUT, PIECES

TABLES = sa.MetaData()
RUNS = sa.Table(
    "pi_run",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("goal", sa.BigInteger, nullable=False),
    sa.Column("parameters", sa.Text, nullable=False),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("verified", sa.Integer, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("touched", sa.BigInteger, nullable=False),
    sa.Column("last_seq", sa.BigInteger, nullable=False),
    sa.Column("committed", sa.BigInteger, nullable=False),
    sa.Column("elapsed_ms", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("created_utc", sa.String(40), nullable=False),
    sa.Column("updated_utc", sa.String(40), nullable=False),
    sa.UniqueConstraint("kind", "goal"),
    sa.CheckConstraint("committed >= 0"),
    sa.CheckConstraint("last_seq >= 0"),
)
CHECKPOINTS = sa.Table(
    "pi_checkpoint",
    TABLES,
    sa.Column("run_id", sa.ForeignKey("pi_run.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True),
    sa.Column("steps", sa.BigInteger, nullable=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
    sa.Column("sha256", sa.LargeBinary(32), nullable=False),
    sa.Column("elapsed_ms", sa.BigInteger, nullable=False),
    sa.Column("saved_utc", sa.String(40), nullable=False),
    sa.CheckConstraint("seq > 0"),
)
PIECES.to_metadata(TABLES)
OUTPUT.to_metadata(TABLES)


def digest(steps: object, length: object, manifest: object) -> bytes:
    """Return the SHA-256 over these values of a checkpoint, as schema 2 computed it."""
    return hashlib.sha256(f"{steps} {length}\n{manifest}".encode()).digest()
