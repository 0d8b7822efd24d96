"""The fence: one writer a run, whatever locks may fail, and a number for every commit."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from pi_tui.checkpoints.conversion import MOST, utc_now, whole
from pi_tui.checkpoints.lock import me
from pi_tui.checkpoints.models import CheckpointRow, RunRow
from pi_tui.errors import AlreadyOpenError


def fence(session: Session, run_id: int, epoch: int) -> RunRow:
    """The row of the run, ours until this transaction ends: the first step of every commit.

    Raises AlreadyOpenError if the run was opened by another since it got this `epoch`.
    """
    mine = update(RunRow).where(RunRow.id == run_id, RunRow.epoch == epoch)
    held = session.execute(
        mine.values(epoch=epoch), execution_options={"synchronize_session": False}
    )
    if cast(CursorResult[Any], held).rowcount != 1:
        raise AlreadyOpenError(
            "another process took over this run; what was saved is in its hands: quit here"
        )
    return session.scalars(select(RunRow).where(RunRow.id == run_id)).one()


def take_over(session: Session, row: RunRow) -> int:
    """This process is the writer of the run, and it is the one last worked on; its new epoch."""
    latest = session.scalar(select(func.max(RunRow.touched)).where(RunRow.touched < MOST)) or 0
    session.execute(
        update(RunRow)
        .where(RunRow.id == row.id)
        .values(epoch=RunRow.epoch + 1, touched=latest + 1, owner=me()),
        execution_options={"synchronize_session": False},
    )
    session.refresh(row)
    return row.epoch


def next_seq(session: Session, row: RunRow) -> int:
    """A number above that of every commit of the run, which the run now has."""
    newest = session.scalar(
        select(func.max(CheckpointRow.seq)).where(
            CheckpointRow.run_id == row.id, CheckpointRow.seq < MOST
        )
    )
    last = max(whole(row.last_seq, 0, MOST, "last_seq"), newest or 0)
    row.last_seq = int(last) + 1  # a hostile file may hold 7.5
    row.updated_utc = utc_now()
    return row.last_seq
