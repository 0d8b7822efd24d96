"""Rows to records and back, with every value checked: a file may be damaged, or hostile.

SQLite keeps any type in any column, so nothing is believed before it was looked at.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.lock import me
from pi_tui.checkpoints.models import ALGORITHM, CheckpointRow, RunRow
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Run
from pi_tui.errors import AlreadyOpenError, NotOursError

MOST_DIGITS = 10**9
MOST_SEQ = 2**53
_MOST_MS = 10**13
"""Three centuries."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class BadRow(Exception):
    """A row holds what we never wrote; the text says what."""


def fence(session: Session, run_id: int, epoch: int) -> RunRow:
    """The row of the run, ours until this transaction ends: the first step of every commit.

    Raises AlreadyOpenError if the run was opened by another since it got this `epoch`.
    """
    mine = update(RunRow).where(RunRow.id == run_id, RunRow.epoch == epoch)
    held = session.execute(
        mine.values(updated_utc=utc_now()), execution_options={"synchronize_session": False}
    )
    if cast(CursorResult[Any], held).rowcount != 1:
        raise AlreadyOpenError(
            "another pi-tui took over this run; what was saved is in its hands: quit here"
        )
    return session.scalars(select(RunRow).where(RunRow.id == run_id)).one()


def take_over(session: Session, row: RunRow) -> int:
    """This process is the writer of the run, and it is the one last worked on; its new epoch."""
    latest = session.scalar(select(func.max(RunRow.touched))) or 0
    session.execute(
        update(RunRow)
        .where(RunRow.id == row.id)
        .values(epoch=RunRow.epoch + 1, touched=latest + 1, owner=me(), updated_utc=utc_now()),
        execution_options={"synchronize_session": False},
    )
    session.refresh(row)
    return row.epoch


def next_seq(session: Session, row: RunRow) -> int:
    """A number above that of every commit of the run."""
    newest = session.scalar(
        select(func.max(CheckpointRow.seq)).where(
            CheckpointRow.run_id == row.id, CheckpointRow.seq < MOST_SEQ
        )
    )
    return max(whole(row.last_seq, 0, MOST_SEQ, "last_seq"), newest or 0) + 1


def new_run(digits: int, digits_per_step: int, boxes_per_block: int) -> RunRow:
    """A run of which nothing is computed yet."""
    return RunRow(
        digits=digits,
        algorithm=ALGORITHM,
        digits_per_step=digits_per_step,
        boxes_per_block=boxes_per_block,
        status=ACTIVE,
        verified=0,
        epoch=0,
        touched=0,
        last_seq=0,
        committed=0,
        elapsed_ms=0,
        owner=me(),
        created_utc=utc_now(),
        updated_utc=utc_now(),
    )


def to_run(row: RunRow) -> Run:
    """The record of a row. Raises BadRow, or NotOursError for an algorithm of a newer pi-tui."""
    if row.algorithm != ALGORITHM:
        raise NotOursError(
            f"this run was made by a newer pi-tui ({one_line(row.algorithm, 20)}); upgrade pi-tui"
        )
    digits = whole(row.digits, 1, MOST_DIGITS, "digits")
    if row.status not in (ACTIVE, COMPLETE):
        raise BadRow("status")
    return Run(
        id=row.id,
        digits=digits,
        digits_per_step=whole(row.digits_per_step, 1, max(digits, 10**7), "digits_per_step"),
        boxes_per_block=whole(row.boxes_per_block, 1, 2**28, "boxes_per_block"),
        status=row.status,
        verified=row.verified == 1 and row.status == COMPLETE,
        committed=whole(row.committed, 0, digits, "committed"),
        last_seq=whole(row.last_seq, 0, MOST_SEQ, "last_seq"),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
        created_at=_when(row.created_utc),
        updated_at=_when(row.updated_utc),
    )


def to_checkpoint(row: CheckpointRow) -> Checkpoint:
    """The record of a row. Raises BadRow."""
    return Checkpoint(
        seq=whole(row.seq, 1, MOST_SEQ, "seq"),
        iteration=whole(row.iteration, 0, 2 * MOST_DIGITS, "iteration"),
        count=whole(row.count, 0, MOST_DIGITS, "count"),
        size=whole(row.size, 0, 2**33, "size"),
        saved_at=_when(row.saved_utc),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
    )


def whole(value: object, low: int, high: int, name: str) -> int:
    """`value`, which is an integer from `low` to `high`. Raises BadRow."""
    if not isinstance(value, int) or not low <= value <= high:
        raise BadRow(f"an impossible {name}")
    return value


def utc_now() -> str:
    """The time, as it is stored: for people to read, never to order by."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def milliseconds(seconds: float) -> int:
    """Elapsed seconds as stored."""
    return min(max(0, round(seconds * 1000)), _MOST_MS)


def _when(text: object) -> datetime:
    try:
        when = datetime.fromisoformat(str(text))
    except ValueError:
        return _LONG_AGO
    return when if when.tzinfo else when.replace(tzinfo=UTC)
