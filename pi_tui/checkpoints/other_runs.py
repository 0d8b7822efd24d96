"""Runs of one kind and goal: repair their identities, and say how they differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import combinations, zip_longest
from typing import Any

from sqlalchemy import Connection, Row, update

from pi_tui.checkpoints.rows.models import RUNS, BadRow, to_task
from pi_tui.machine import Task
from pi_tui.words import plain, written

_DISPLACED = "was of run"
"""Prefix of the placeholder identity of a run whose real identity another run has."""
_MOST_TRIED = 10
"""Maximum number of parameters for which `is_explained` tries all subsets; 10 have 1,024."""

_SHOWN = 40
"""Maximum characters of a parameter in a note."""


def renew_identities(
    connection: Connection, rows: Sequence[Row[Any]], tuning: Collection[str]
) -> None:
    """Recompute and store the identity of each run from its parameters, without those in `tuning`.

    If several runs of one goal would have the same identity, all but one get a placeholder instead.
    Needed after a migration, which knows no kind and hashes all parameters, and after a change of
    `Kind.tuning`.
    """
    found = []
    for row in rows:
        with suppress(BadRow):  # leave a damaged run as it is
            found.append((row, to_task(row).identity(tuning)))
    wrong = [(row, identity) for row, identity in found if row.identity != identity]
    taken = {(row.goal, identity) for row, identity in found if row.identity == identity}
    for row, _ in wrong:  # temporary values first: two runs may swap identities
        _identify(connection, row.id, f"{_DISPLACED} {row.id}")
    for row, identity in wrong:
        if (row.goal, identity) not in taken:
            taken.add((row.goal, identity))
            _identify(connection, row.id, identity)


def is_explained(row: Row[Any]) -> bool:
    """Return True if the stored identity of a run fits its parameters.

    It fits if it is the digest of all parameters or of some of them. Some may be left out, because
    the kind may have named other parameters as tuning. If nothing fits, a parameter is damaged; the
    caller then refuses instead of beginning another run. The identity of a run with more than 10
    parameters is accepted as it is, because these have too many subsets.
    """
    names = (task := to_task(row)).parameters
    if len(names) > _MOST_TRIED:
        return True
    subsets = (some for size in range(len(names) + 1) for some in combinations(names, size))
    return any(task.identity(some) == row.identity for some in subsets)


def _identify(connection: Connection, run_id: int, identity: str) -> None:
    connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(identity=identity))


def note_on(last: Row[Any], count: int, task: Task, tuning: Collection[str]) -> str:
    """Return a note on `count` other runs with the goal of `task`; `last` is the last used of them.

    The note gives the parameters in which that one differs from `task`, except those named in
    `tuning`.
    """
    theirs, mine = to_task(last).parameters, task.parameters
    names = sorted((theirs.keys() | mine.keys()) - set(tuning))
    differ = [name for name in names if repr(theirs.get(name)) != repr(mine.get(name))]
    here = ", ".join(_shown(theirs, name, mine) for name in differ)
    this = ", ".join(_shown(mine, name, theirs) for name in differ)
    if count == 1:
        there = f"another run of goal {task.goal:,} is here with {here}"
    else:
        there = f"{count:,} other runs of goal {task.goal:,} are here, the last with {here}"
    return f"{there}; this one has {this}"


def _shown(values: Mapping[str, object], name: str, others: Mapping[str, object]) -> str:
    """Return parameter `name` as "NAME=VALUE"; "no NAME" if `values` has no such parameter.

    Shows up to 40 characters of the value: the first ones or, if the value in `others` begins with
    these too, those around the first difference.
    """
    if name not in values:
        return f"no {name}"
    text, other = (plain(written(one.get(name))) for one in (values, others))
    if text[:_SHOWN] == other[:_SHOWN]:
        pairs = enumerate(zip_longest(text, other))
        first = next((i for i, (one, of_other) in pairs if one != of_other), len(other))
        text = f"…{text[max(0, first - _SHOWN // 2) :]}"
    return f"{name}={text[:_SHOWN]}"
