"""Digits at rest: append-only rows, each chained to the one before by SHA-256.

`chain = SHA-256(chain of the row before + data)`, so a digit that changed, a row that is missing
or one in the wrong place breaks every link from there on, and what is before it is proven.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.orm import Session

from pi_tui.checkpoints.models import ROW_DIGITS, DigitsRow, RunRow
from pi_tui.checkpoints.rows import BadRow
from pi_tui.errors import WrongDigitsError

GENESIS = bytes(32)
"""The link before the first row."""
_BATCH = 64
"""Rows fetched at a time: at most 64 MB."""


def link(chain: bytes, data: bytes) -> bytes:
    """The chain value of a row with `data` after a row with `chain`."""
    return hashlib.sha256(chain + data).digest()


def append(session: Session, row: RunRow, result: bytes, agreed: int) -> None:
    """All of `result` is in rows, and `row.committed` covers it; old rows stay as they are.

    Digits from `agreed` on that are there already, saved before a fallback, must be the same:
    else WrongDigitsError.
    """
    both = min(row.committed, len(result))
    if agreed < both and read(session, row.id, agreed, both) != result[agreed:both]:
        raise WrongDigitsError(
            f"digits {agreed + 1} to {both}, computed again, differ from the saved ones; "
            "nothing was changed: run pi-tui check, or start over with --fresh"
        )
    chain = _chain_at(session, row.id, row.committed)
    for start in range(row.committed, len(result), ROW_DIGITS):
        data = result[start : start + ROW_DIGITS]
        chain = link(chain, data)
        values = {"run_id": row.id, "start": start, "count": len(data)}
        session.execute(insert(DigitsRow), {**values, "data": data, "chain": chain})
    row.committed = max(row.committed, len(result))


def cut(session: Session, row: RunRow, proven: int) -> None:
    """Rows from offset `proven` on, which failed their check, are gone and can be written anew."""
    session.execute(delete(DigitsRow).where(DigitsRow.run_id == row.id, DigitsRow.start >= proven))
    row.committed = proven


def prove(session: Session, row: RunRow) -> tuple[bytes, str]:
    """The digits from the first on that pass every check, and what is wrong after them, or ""."""
    digits = bytearray()
    try:
        for data in _checked(session, row.id, 0, GENESIS):
            digits += data
            if len(digits) > row.digits:
                return b"", "there are more digits than the run has"
    except BadRow as problem:
        return bytes(digits), f"{problem}; {len(digits)} digits before it are good"
    if len(digits) != row.committed:
        return bytes(digits), f"{row.committed} digits were saved, but {len(digits)} are there"
    return bytes(digits), ""


def read(session: Session, run_id: int, start: int, stop: int) -> bytes:
    """The digits at offsets `start` to `stop - 1`, checked; raises BadRow."""
    if start >= stop:
        return b""
    first = session.execute(
        _select(run_id).where(DigitsRow.start <= start).order_by(DigitsRow.start.desc()).limit(1)
    ).first()
    if first is None:
        raise BadRow(f"digits from {start + 1} on are missing")
    digits = bytearray()
    for data in _checked(session, run_id, first.start, _chain_at(session, run_id, first.start)):
        digits += data
        if first.start + len(digits) >= stop:
            return bytes(digits[start - first.start : stop - first.start])
    raise BadRow(f"digits from {first.start + len(digits) + 1} on are missing")


def _select(run_id: int) -> Any:
    columns = (DigitsRow.start, DigitsRow.count.label("length"), DigitsRow.data, DigitsRow.chain)
    return select(*columns).where(DigitsRow.run_id == run_id)


def _chain_at(session: Session, run_id: int, offset: int) -> bytes:
    """The link that a row at `offset` is chained to."""
    if offset == 0:
        return GENESIS
    before = _select(run_id).where(DigitsRow.start < offset)
    row = session.execute(before.order_by(DigitsRow.start.desc()).limit(1)).first()
    if row is None or row.start + row.length != offset or not isinstance(row.chain, bytes):
        raise BadRow(f"the digits before {offset + 1} are missing")
    return row.chain


def _checked(session: Session, run_id: int, offset: int, chain: bytes) -> Iterator[bytes]:
    """The data of the rows from `offset` on, each proven before it is given out."""
    query = _select(run_id).order_by(DigitsRow.start).limit(_BATCH)
    while rows := session.execute(query.where(DigitsRow.start >= offset)).all():
        for row in rows:
            _check(row, offset, chain)
            yield row.data
            offset, chain = offset + row.length, row.chain


def _check(row: Row[Any], offset: int, chain: bytes) -> None:
    if row.start != offset:
        raise BadRow(f"digits {offset + 1} to {row.start} are missing")
    good = isinstance(row.data, bytes) and row.data.isdigit() and len(row.data) == row.length
    if not good or row.chain != link(chain, row.data):
        raise BadRow(f"digits {offset + 1} to {offset + row.length} are damaged")
