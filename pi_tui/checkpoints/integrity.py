"""Everything in the database is looked at, every byte, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from pi_tui.checkpoints import output_rows, piece_rows
from pi_tui.checkpoints.conversion import BadRow, to_run
from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.location import Location
from pi_tui.checkpoints.models import RunRow
from pi_tui.checkpoints.records import COMPLETE
from pi_tui.machine import Kind, Limits


def problems(session: Session, where: Location, kind: Kind) -> Iterator[str]:
    """One line for each thing that is wrong, none for a good database. Changes nothing.

    What only `kind` can know, such as how long an output is, is asked for its own runs.
    """
    if where.path is not None:
        connection = session.connection()
        for (found,) in connection.exec_driver_sql("PRAGMA integrity_check(20)").all():
            if found != "ok":
                yield f"the file's structure: {one_line(found)}"
        for found in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"a row of {one_line(found[0], 40)} belongs to nothing"
    for row in session.scalars(select(RunRow).order_by(RunRow.kind, RunRow.goal)).all():
        mine = kind if row.kind == kind.name else None
        name = f"run {one_line(row.goal, 20)}" + ("" if mine else f" of {one_line(row.kind, 40)}")
        for problem in _problems_of_run(session, row, mine):
            yield f"{name}: {problem}"


def _problems_of_run(session: Session, row: RunRow, kind: Kind | None) -> Iterator[str]:
    try:
        run = to_run(row, kind)
    except BadRow as problem:
        yield f"its row holds {problem}"
        return
    limits = kind.limits(run.task) if kind else Limits()
    length = kind.length(run.task) if kind else None
    accepts = kind.accepts if kind else lambda _data: True
    output, problem_of_output = output_rows.prove(session, row, limits.output, accepts)
    if problem_of_output:
        yield problem_of_output
    if run.status == COMPLETE and length not in (None, len(output)):
        yield f"complete, but {len(output):,} of {length:,} are there"
    for checkpoint in piece_rows.newest_first(session, run.id):
        broken: set[bytes] = set()
        try:
            piece_rows.read(session, checkpoint, limits, broken)
            if broken:
                raise BadRow(f"{len(broken)} of its lasting pieces are missing or damaged")
        except BadRow as problem:
            yield f"checkpoint {one_line(checkpoint.seq, 20)}: {problem}"
