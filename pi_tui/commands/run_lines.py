"""Format runs of all kinds: as lines, as a table, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from pi_tui import words
from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.stored_kind import Kinds
from pi_tui.reports.run_table import COLUMNS, RIGHT, cells, state_word

_WIDEST = 40
"""Maximum characters of a kind's name in the table; its parameters follow the name."""


def table(runs: Sequence[Run], kinds: Kinds, *, to_the_second: bool = False) -> list[str]:
    """Return the lines of a table of runs, the titles of its columns first.

    If a run is not of the program's own kind, the first column names the kind of each run, and the
    parameters of those of other kinds. The last column has the date and the minute of the last
    save; with `to_the_second`, the time of day with its seconds if that was today, else the date.
    """
    rows = [_row(run, to_the_second) for run in runs]
    if all(map(kinds.is_own, runs)):
        return _aligned([(kinds.own.unit, *COLUMNS[1:]), *rows], RIGHT)
    mixed = [
        (_kind_and_parameters(run, kinds), goal, run.amount, *others)
        for run, (goal, _, *others) in zip(runs, rows, strict=True)
    ]
    return _aligned([("kind", *COLUMNS), *mixed], (False, *RIGHT))


def _row(run: Run, to_the_second: bool) -> tuple[str, ...]:
    *others, when = cells(run)
    return *others, _when(run) if to_the_second else when


def _kind_and_parameters(run: Run, kinds: Kinds) -> str:
    if kinds.is_own(run):
        return run.kind
    return " ".join([words.one_line(run.kind, _WIDEST), *words.named(run.task.parameters)])


def _aligned(rows: Sequence[tuple[str, ...]], right: Sequence[bool]) -> list[str]:
    """Return the rows as lines; columns with True in `right` are aligned right, others left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if to_right else f"{cell:<{width}}"
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]


def _when(run: Run) -> str:
    """Return the time of the last save: clock time if it was today, else the date."""
    saved, now = run.updated_at.astimezone(), datetime.now().astimezone()
    return f"{saved:%H:%M:%S}" if saved.date() == now.date() else f"{saved:%Y-%m-%d}"


def how_much(run: Run, kinds: Kinds) -> str:
    """Return the amount of saved output as text; without its unit for the program's own kind."""
    return f"{words.number(run.committed) if kinds.is_own(run) else run.amount} saved"


def line(run: Run, kinds: Kinds) -> str:
    """Return one line about a run: amount, share, state, last checkpoint, time computed."""
    done = "" if run.share is None else f"{words.percent(run.share)}, "
    when = run.updated_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return (
        f"{kinds.title(run)}: {how_much(run, kinds)}, {done}{state_word(run)}, "
        f"checkpoint {run.last_seq} at {when}, {words.took(run.elapsed)} of computing"
    )


def as_json(runs: Sequence[Run], kinds: Kinds) -> str:
    """Return, as text, a JSON list with an object for each run."""
    return json.dumps([_object(run, kinds) for run in runs])


def _object(run: Run, kinds: Kinds) -> dict[str, object]:
    parameters = json.loads(run.task.text)
    # Version 1.1 knew one kind only: its goal had the name of its unit, its parameters none.
    own = {**parameters, kinds.own.unit: run.goal} if kinds.is_own(run) else {}
    return {
        **own,
        "kind": run.kind,
        "goal": run.goal,
        "parameters": parameters,
        "saved": run.committed,
        "unit": run.unit,
        "lines": run.lines,
        "share_of_work": run.share,
        "status": run.status,
        "verified": run.verified,
        "checkpoint": run.last_seq,
        "bytes": run.size,
        "elapsed_seconds": run.elapsed,
        "created": run.created_at.isoformat(),
        "updated": run.updated_at.isoformat(),
    }
