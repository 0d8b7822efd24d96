"""Rows to records, with every value checked: a file may be damaged, or hostile.

SQLite keeps any type in any column, so nothing is believed before it was looked at.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from pi_tui.checkpoints.foreign import one_line
from pi_tui.checkpoints.models import CheckpointRow, RunRow
from pi_tui.checkpoints.records import ACTIVE, COMPLETE, Checkpoint, Run
from pi_tui.machine import BadState, Kind, Limits, Task

MOST = 2**53
"""No count is larger: as many steps as a computer makes in a century."""
_MOST_MS = 10**13
"""Milliseconds in three centuries."""
_MOST_TEXT = 10_000
"""Characters of a task's parameters."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class BadRow(Exception):
    """A row holds what we never wrote; the text says what."""


def to_run(row: RunRow, kind: Kind | None = None) -> Run:
    """The record of a row, believed as far as the limits of its kind go. Raises BadRow."""
    task = Task(whole(row.goal, 1, MOST, "goal"), _parameters(row.parameters))
    try:
        limits = kind.limits(task) if kind else Limits()
    except BadState as problem:
        raise BadRow(f"an impossible task ({one_line(problem, 80)})") from problem
    if row.status not in (ACTIVE, COMPLETE):
        raise BadRow("an unknown status")
    return Run(
        id=row.id,
        task=task,
        status=row.status,
        verified=row.verified == 1 and row.status == COMPLETE,
        committed=whole(row.committed, 0, limits.output, "committed"),
        last_seq=whole(row.last_seq, 0, MOST, "last_seq"),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
        owner=one_line(row.owner, 80),
        created_at=_when(row.created_utc),
        updated_at=_when(row.updated_utc),
    )


def to_checkpoint(row: CheckpointRow, limits: Limits) -> Checkpoint:
    """The record of a row. Raises BadRow."""
    return Checkpoint(
        seq=whole(row.seq, 1, MOST, "seq"),
        steps=whole(row.steps, 0, limits.steps, "steps"),
        length=whole(row.length, 0, limits.output, "length"),
        size=whole(row.size, 0, limits.state, "size"),
        saved_at=_when(row.saved_utc),
        elapsed=whole(row.elapsed_ms, 0, _MOST_MS, "elapsed_ms") / 1000,
    )


def whole(value: object, low: int, high: int, name: str) -> int:
    """`value`, which is an integer from `low` to `high`. Raises BadRow."""
    if not isinstance(value, int) or not low <= value <= high:
        raise BadRow(f"an impossible {name}")
    return value


def parameters_text(task: Task) -> str:
    """The parameters of a task as they are stored."""
    return json.dumps(dict(task.parameters), sort_keys=True)


def _parameters(text: object) -> dict[str, int | str]:
    try:
        if not isinstance(text, str) or len(text) > _MOST_TEXT:
            raise ValueError
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise BadRow("parameters that cannot be read") from None
    if not isinstance(found, dict) or not all(type(v) in (int, str) for v in found.values()):
        raise BadRow("impossible parameters")
    return found


def utc_now() -> str:
    """The time, as it is stored: for people to read, never to order by."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def milliseconds(seconds: float) -> int:
    """Elapsed seconds as stored."""
    return min(max(0, round(seconds * 1000)), _MOST_MS)


def _when(text: object) -> datetime:
    try:
        when = datetime.fromisoformat(str(text))
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        when.astimezone()  # near the years 1 and 9999 local time does not exist
    except (ValueError, OverflowError):
        return _LONG_AGO
    return when
