"""States at rest: one row that says what it is, parts of 1 MiB, one SHA-256 over them."""

from __future__ import annotations

import hashlib

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from pi_tui.checkpoints import codec
from pi_tui.checkpoints.models import MOST_PARTS, PART, CheckpointRow, PartRow
from pi_tui.checkpoints.records import Checkpoint, Run
from pi_tui.checkpoints.rows import BadRow, milliseconds, to_checkpoint, utc_now
from pi_tui.spigot.spigot import SpigotState

_MOST_ROWS = 100
"""Two are kept; a hostile file may hold any number."""


def write(
    session: Session, run_id: int, seq: int, state: SpigotState, elapsed: float
) -> Checkpoint:
    """The state is in the transaction as checkpoint `seq`: parts, then the row with their hash."""
    digest, size, part = hashlib.sha256(), 0, -1
    for part, data in enumerate(codec.encode(state)):
        digest.update(data)
        size += len(data)
        values = {"run_id": run_id, "seq": seq, "part": part, "data": data}
        session.execute(insert(PartRow), values)
    stored = {"size": size, "parts": part + 1, "sha256": digest.digest()}
    return _add(session, run_id, seq, state.i, state.count, elapsed, **stored)


def write_last(
    session: Session, run_id: int, seq: int, iteration: int, count: int, elapsed: float
) -> Checkpoint:
    """The checkpoint of a complete run: it has all digits, so it needs no state."""
    stored = {"size": 0, "parts": 0, "sha256": hashlib.sha256().digest()}
    return _add(session, run_id, seq, iteration, count, elapsed, **stored)


def _add(
    session: Session,
    run_id: int,
    seq: int,
    iteration: int,
    count: int,
    elapsed: float,
    **stored: object,
) -> Checkpoint:
    row = CheckpointRow(
        run_id=run_id,
        seq=seq,
        iteration=iteration,
        count=count,
        format=codec.FORMAT,
        elapsed_ms=milliseconds(elapsed),
        saved_utc=utc_now(),
        **stored,
    )
    session.add(row)
    session.flush()
    return to_checkpoint(row)


def prune(session: Session, run_id: int, keep: set[int]) -> None:
    """Of the run's checkpoints only those numbered in `keep` are left."""
    for table in (PartRow, CheckpointRow):
        session.execute(
            delete(table).where(table.run_id == run_id, table.seq.not_in(keep)),
            execution_options={"synchronize_session": False},
        )


def newest_first(session: Session, run_id: int) -> list[CheckpointRow]:
    """The rows of the run's checkpoints."""
    query = select(CheckpointRow).where(CheckpointRow.run_id == run_id)
    return list(session.scalars(query.order_by(CheckpointRow.seq.desc()).limit(_MOST_ROWS)))


def read(session: Session, run: Run, row: CheckpointRow, digits: bytes) -> SpigotState:
    """The state of checkpoint `row`, proven: sizes first, then the hash, then every number in it.

    Raises BadRow, codec.BadState or codec.NewerFormat.
    """
    checkpoint = to_checkpoint(row)
    most = codec.most_size(run.digits, run.digits_per_step, run.boxes_per_block)
    if not 0 < checkpoint.size <= min(most, MOST_PARTS * PART):
        raise BadRow("an impossible size")
    parts = _parts(session, run.id, checkpoint)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    if digest.digest() != row.sha256:
        raise BadRow("its SHA-256 differs")
    state = codec.decode(parts, run.digits, run.digits_per_step, run.boxes_per_block, digits)
    if (state.i, state.count) != (checkpoint.iteration, checkpoint.count):
        raise BadRow("its row and its state differ")
    return state


def _parts(session: Session, run_id: int, checkpoint: Checkpoint) -> list[bytes]:
    parts = []
    for part, start in enumerate(range(0, checkpoint.size, PART)):
        here = (PartRow.run_id == run_id, PartRow.seq == checkpoint.seq, PartRow.part == part)
        data = session.scalar(select(PartRow.data).where(*here))
        expected = min(PART, checkpoint.size - start)
        if not isinstance(data, bytes) or len(data) != expected:
            raise BadRow(f"part {part + 1} is missing or has the wrong length")
        parts.append(data)
    return parts
