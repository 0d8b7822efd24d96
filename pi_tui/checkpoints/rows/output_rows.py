"""Saved output: append-only rows, each chained to the previous one by SHA-256.

`chain = SHA-256(chain of the previous row + data)`. A changed byte, a missing row or a misplaced
one breaks the chain from there on; the rows before it are proven intact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, insert, select

from pi_tui.checkpoints.rows.models import OUTPUT, ROW_OUTPUT, BadRow, whole
from pi_tui.errors import Hint, WrongResultError

GENESIS = bytes(32)
"""The chain value before the first row."""
_BATCH = 64
"""Rows fetched at a time: at most 64 MB."""
_LENGTH = OUTPUT.c.count.label("length")
"""The number of bytes of a row. Not named `count`, which is a method of every tuple."""
Accepts = Callable[[bytes], bool]
"""A function that returns True if bytes can be output of the run's kind."""


def link(chain: bytes, data: bytes) -> bytes:
    """Return the hash-chain value of a row that holds `data` and follows a row with `chain`."""
    return hashlib.sha256(chain + data).digest()


def append(
    connection: Connection, run_id: int, committed: int, output: bytes | bytearray, agreed: int
) -> None:
    """Append the part of `output` after its first `committed` bytes; never change old rows.

    The first `committed` bytes are saved already, and the first `agreed` of these are known to
    equal `output`. Those between `agreed` and `committed`, as many as `output` has, are compared
    now. For example, they were computed again from an older checkpoint. Raises WrongResultError if
    they differ, BadRow if rows needed for this are missing or damaged.
    """
    both = min(committed, len(output))
    if agreed < both and read(connection, run_id, agreed, both) != output[agreed:both]:
        raise WrongResultError(
            f"{agreed + 1:,} to {both:,}, computed again, differ from what is saved; nothing was "
            f"changed: check the database, or {Hint.FRESH}"
        )
    _add(connection, run_id, committed, output)


def _add(connection: Connection, run_id: int, saved: int, output: bytes | bytearray) -> None:
    """Save the output from offset `saved` on, in new rows."""
    chain = _chain_at(connection, run_id, saved)
    for start in range(saved, len(output), ROW_OUTPUT):
        part = bytes(output[start : start + ROW_OUTPUT])
        chain = link(chain, part)
        values = {"run_id": run_id, "start": start, "count": len(part)}
        connection.execute(insert(OUTPUT), {**values, "data": part, "chain": chain})


def are(connection: Connection, run_id: int, output: bytes | bytearray) -> bool:
    """Return True if the chain values of the rows are those of exactly this output.

    The data of the rows is not read, so damage to the data alone is not noticed.
    """
    columns = select(OUTPUT.c.count, OUTPUT.c.chain).where(OUTPUT.c.run_id == run_id)
    chain, end = GENESIS, 0
    for row in connection.execute(columns.order_by(OUTPUT.c.start)):
        chain = link(chain, bytes(output[end : end + row[0]]))
        if chain != row.chain:
            return False
        end += row[0]
    return end == len(output)


def cut(connection: Connection, run_id: int, proven: int) -> None:
    """Truncate the output to `proven` bytes, rewriting its rows.

    Raises BadRow, and changes nothing, if a row of these bytes is missing or damaged.
    """
    good = read(connection, run_id, 0, proven)
    connection.execute(delete(OUTPUT).where(OUTPUT.c.run_id == run_id))
    _add(connection, run_id, 0, good)


def prove(connection: Connection, row: Row[Any], most: int, accepts: Accepts) -> tuple[bytes, str]:
    """Return the longest good prefix of a run's output, and a text on the problem after it.

    Output is good if its chain is unbroken and `accepts` returns True for each row. The text is ""
    if all output is good and as long as `row`, the row of the run, says. The prefix is empty if
    there are more than `most` bytes.
    """
    output = BytesIO()  # its value is the buffer itself; bytes(bytearray) would be a copy
    try:
        for data in _checked(connection, row.id):
            if not accepts(data):
                raise BadRow(f"{_range(output.tell(), data)} cannot be output")
            output.write(data)
            if output.tell() > most:
                return b"", "there is more output than the run can have"
    except BadRow as problem:
        return output.getvalue(), f"{problem}; the {output.tell():,} before are good"
    if (there := output.tell()) != row.committed:
        return output.getvalue(), f"{row.committed:,} of output were saved, {there:,} are there"
    return output.getvalue(), ""


def read(connection: Connection, run_id: int, start: int, stop: int) -> bytes:
    """Return the output at offsets `start` to `stop - 1`, checked.

    Raises BadRow if a row of them is missing or damaged, or if the row before them is missing.
    """
    if start >= stop:
        return b""
    row = _last_before(connection, run_id, start + 1)
    at = whole(row.start, 0, start, "start") if row else start
    output = BytesIO()
    for data in _checked(connection, run_id, at, stop):
        output.write(memoryview(data)[max(start - at, 0) : stop - at])
        at += len(data)
    if at < stop:
        raise BadRow(f"output from {at + 1:,} on is missing")
    return output.getvalue()


def line_breaks(connection: Connection, run_id: int) -> int:
    """Count the line breaks in the saved output, reading _BATCH rows at a time.

    Functions of the database would take twice as long, because they copy the data to count in it.
    """
    query = select(OUTPUT.c.data).where(OUTPUT.c.run_id == run_id)
    rows = connection.execute(query, execution_options={"yield_per": _BATCH})
    return sum(row.data.count(b"\n") for row in rows if isinstance(row.data, bytes))


def _last_before(connection: Connection, run_id: int, offset: int) -> Row[Any] | None:
    """Return start, length and hash-chain value of the last row that begins before `offset`.

    Returns None if there is no such row.
    """
    columns: Select[Any] = select(OUTPUT.c.start, _LENGTH, OUTPUT.c.chain)
    before = columns.where(OUTPUT.c.run_id == run_id, OUTPUT.c.start < offset)
    return connection.execute(before.order_by(OUTPUT.c.start.desc()).limit(1)).first()


def _chain_at(connection: Connection, run_id: int, offset: int) -> bytes:
    """Return the hash-chain value of all output before `offset`.

    Raises BadRow if the row that ends at `offset` is missing or has no valid chain value.
    """
    if offset == 0:
        return GENESIS
    row = _last_before(connection, run_id, offset)
    if row is None or row.length != offset - row.start or not isinstance(row.chain, bytes):
        raise BadRow(f"the output before {offset + 1:,} is missing")
    return row.chain


def _checked(
    connection: Connection, run_id: int, offset: int = 0, stop: int | None = None
) -> Iterator[bytes]:
    """Yield the data of the rows from `offset`, the start of a row, each checked first.

    Raises BadRow at a damaged row, and at a row if the one before it is missing.
    Rows from `stop` on are not read: a long read by a watcher would delay the writer.
    """
    chain = _chain_at(connection, run_id, offset)
    columns: Select[Any] = select(OUTPUT.c.start, _LENGTH, OUTPUT.c.data, OUTPUT.c.chain)
    query = columns.where(OUTPUT.c.run_id == run_id).order_by(OUTPUT.c.start).limit(_BATCH)
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
