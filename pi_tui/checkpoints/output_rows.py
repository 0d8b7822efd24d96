"""Output at rest: append-only rows, each chained to the one before by SHA-256.

`chain = SHA-256(chain of the row before + data)`, so a byte that changed, a row that is missing
or one in the wrong place breaks every link from there on, and what is before it is proven.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from pi_tui.checkpoints.models import OUTPUT, ROW_OUTPUT, BadRow
from pi_tui.errors import Hint, WrongResultError

GENESIS = bytes(32)
"""The link before the first row."""
_BATCH = 64
"""Rows fetched at a time: at most 64 MB."""
Accepts = Callable[[bytes], bool]
"""Says whether bytes can be output of the run's kind."""


def link(chain: bytes, data: bytes) -> bytes:
    """The chain value of a row with `data` after a row with `chain`."""
    return hashlib.sha256(chain + data).digest()


def append(
    connection: Connection, run_id: int, committed: int, output: bytes | bytearray, agreed: int
) -> None:
    """All of `output` is in rows; old rows stay as they are.

    Output from `agreed` on that is there already, saved before a fallback, must be the same: else
    WrongResultError.
    """
    both = min(committed, len(output))
    if agreed < both and read(connection, run_id, agreed, both) != output[agreed:both]:
        raise WrongResultError(
            f"{agreed + 1:,} to {both:,}, computed again, differ from what is saved; nothing was "
            f"changed: check the database, or {Hint.FRESH}"
        )
    _add(connection, run_id, committed, bytes(output[committed:]))


def _add(connection: Connection, run_id: int, committed: int, data: bytes) -> None:
    """The data is behind what is saved."""
    chain = _chain_at(connection, run_id, committed)
    for first in range(0, len(data), ROW_OUTPUT):
        part = data[first : first + ROW_OUTPUT]
        chain = link(chain, part)
        values = {"run_id": run_id, "start": committed + first, "count": len(part)}
        connection.execute(insert(OUTPUT), {**values, "data": part, "chain": chain})


def cut(connection: Connection, run_id: int, proven: int) -> None:
    """Of the output the first `proven` bytes are left, in new rows, and no row of others."""
    good = read(connection, run_id, 0, proven)
    connection.execute(delete(OUTPUT).where(OUTPUT.c.run_id == run_id))
    _add(connection, run_id, 0, good)


def prove(connection: Connection, row: Row[Any], most: int, accepts: Accepts) -> tuple[bytes, str]:
    """The output from the first byte on that passes every check, and what is wrong after it."""
    output = bytearray()
    try:
        for data in _checked(connection, row.id):
            if not accepts(data):
                raise BadRow(f"{_range(len(output), data)} cannot be output")
            output += data
            if len(output) > most:
                return b"", "there is more output than the run can have"
    except BadRow as problem:
        return bytes(output), f"{problem}; the {len(output):,} before are good"
    if len(output) != row.committed:
        return bytes(output), f"{row.committed:,} of output were saved, {len(output):,} are there"
    return bytes(output), ""


def read(connection: Connection, run_id: int, start: int, stop: int) -> bytes:
    """The output at offsets `start` to `stop - 1`, checked; raises BadRow."""
    if start >= stop:
        return b""
    row = _last_before(connection, run_id, start + 1)
    first = row.start if row else start
    output = b"".join(_checked(connection, run_id, first, stop))
    if first + len(output) < stop:
        raise BadRow(f"output from {first + len(output) + 1:,} on is missing")
    return output[start - first : stop - first]


def _select(run_id: int) -> Select[Any]:
    columns = (OUTPUT.c.start, OUTPUT.c.count.label("length"), OUTPUT.c.data, OUTPUT.c.chain)
    return select(*columns).where(OUTPUT.c.run_id == run_id)


def _last_before(connection: Connection, run_id: int, offset: int) -> Row[Any] | None:
    query = _select(run_id).where(OUTPUT.c.start < offset)
    return connection.execute(query.order_by(OUTPUT.c.start.desc()).limit(1)).first()


def _chain_at(connection: Connection, run_id: int, offset: int) -> bytes:
    """The link that a row at `offset` is chained to."""
    if offset == 0:
        return GENESIS
    row = _last_before(connection, run_id, offset)
    if row is None or row.length != offset - row.start or not isinstance(row.chain, bytes):
        raise BadRow(f"the output before {offset + 1:,} is missing")
    return row.chain


def _checked(
    connection: Connection, run_id: int, offset: int = 0, stop: int | None = None
) -> Iterator[bytes]:
    """The data of the rows from `offset` on, each proven before it is given out.

    With `stop`, rows from there on are not even read: who watches must not hold a writer up.
    """
    chain = _chain_at(connection, run_id, offset)
    query = _select(run_id).order_by(OUTPUT.c.start).limit(_BATCH)
    if stop is not None:
        query = query.where(OUTPUT.c.start < stop)
    while rows := connection.execute(query.where(OUTPUT.c.start >= offset)).all():
        for row in rows:
            _check(row, offset, chain)
            yield row.data
            offset, chain = offset + row.length, row.chain
            if stop is not None and offset >= stop:
                return


def _check(row: Row[Any], offset: int, chain: bytes) -> None:
    if row.start != offset:
        raise BadRow(f"output from {offset + 1:,} on is missing")
    good = isinstance(row.data, bytes) and 0 < len(row.data) == row.length
    if not good or row.chain != link(chain, row.data):
        raise BadRow(f"{_range(offset, row.data)} is damaged")


def _range(offset: int, data: object) -> str:
    count = len(data) if isinstance(data, bytes) else 1
    return f"output {offset + 1:,} to {offset + max(count, 1):,}"
