"""Everything in the database is looked at, every byte: what `pi-tui check` reports."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from pi_tui.checkpoints import digit_rows, state_rows
from pi_tui.checkpoints.codec import BadState, NewerFormat
from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.models import RunRow
from pi_tui.checkpoints.records import COMPLETE
from pi_tui.checkpoints.rows import BadRow, to_run


def problems(session: Session, where: Location) -> Iterator[str]:
    """One line for each thing that is wrong, none for a good database. Changes nothing."""
    if where.path is not None:
        connection = session.connection()
        for (found,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").all():
            if found != "ok":
                yield f"the file's structure: {one_line(found)}"
        for found in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"a row of {one_line(found[0], 40)} belongs to nothing"
    for row in session.scalars(select(RunRow).order_by(RunRow.digits)).all():
        yield from _problems_of_run(session, row)


def _problems_of_run(session: Session, row: RunRow) -> Iterator[str]:
    name = f"run of {one_line(row.digits, 20)} digits"
    try:
        run = to_run(row)
    except BadRow as problem:
        yield f"{name}: its row holds {problem}"
        return
    digits, problem_of_digits = digit_rows.prove(session, row)
    if problem_of_digits:
        yield f"{name}: {problem_of_digits}"
    if run.status == COMPLETE:
        if len(digits) < run.digits:
            yield f"{name}: complete, but has {len(digits)} digits"
        return
    for checkpoint in state_rows.newest_first(session, run.id):
        try:
            state_rows.read(session, run, checkpoint, digits)
        except (BadRow, BadState, NewerFormat) as problem:
            yield f"{name}: checkpoint {one_line(checkpoint.seq, 20)}: {problem}"
