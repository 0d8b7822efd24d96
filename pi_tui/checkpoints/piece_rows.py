"""States at rest: a row that names the pieces and vouches for them, and each piece stored once.

A piece is found by its SHA-256. A save writes those whose hash is not there yet; what lasts is not
even encoded and hashed again. The row's own SHA-256 covers the manifest, which names the pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, literal, select

from pi_tui.checkpoints.models import CHECKPOINTS, PART, PIECES, BadRow, to_checkpoint
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.machine import Known, Limits, Piece, State

_MOST_ROWS = 100
"""Checkpoints looked at: two are kept, but a hostile file may hold any number."""
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,12}) ([LN]) ([!-~]{1,80})")


class Entry(NamedTuple):
    """A line of a manifest."""

    known: Known
    lasting: bool
    name: str

    def __str__(self) -> str:
        """The line as it is stored."""
        sha256, size = self.known
        return f"{sha256.hex()} {size} {'L' if self.lasting else 'N'} {self.name}"


class Stored(NamedTuple):
    """The SHA-256 of pieces of a run."""

    every: set[bytes]
    good: set[bytes]
    """Those that need not be written: what no good checkpoint names may have rotted since."""


def stored(connection: Connection, run_id: int, good: int) -> Stored:
    """The pieces that are there; only those of checkpoint `good` are relied upon."""
    every = _stored(connection, run_id)
    return Stored(every, every & _named(find(connection, run_id, good)))


def missing(state: State, there: Stored) -> int:
    """How many bytes `write` has to write. It makes them to count them."""
    new = (p for p in state.pieces.values() if not p.known or p.known.sha256 not in there.good)
    return sum(len(piece.read()) for piece in new)


def write(connection: Connection, new: dict[str, Any], state: State, there: Stored) -> None:
    """The state is in the transaction as checkpoint `new`."""
    run_id, entries, good = new["run_id"], [], set(there.good)
    for name, piece in state.pieces.items():
        known = piece.known
        if known is None or known.sha256 not in good:
            data = piece.read()
            known = Known(hashlib.sha256(data).digest(), len(data))
            piece.known = known if piece.lasting else None
            if known.sha256 not in good:
                forget(connection, run_id, {known.sha256} & there.every)
                for part, start in enumerate(range(0, max(len(data), 1), PART)):
                    values = {"run_id": run_id, "sha256": known.sha256, "part": part}
                    values["data"] = data[start : start + PART]
                    connection.execute(insert(PIECES), values)
                good.add(known.sha256)
        entries.append(Entry(known, piece.lasting, name))
    if not all(_LINE.fullmatch(str(entry)) for entry in entries):
        raise ValueError(f"pieces have printable names without spaces, not {list(state.pieces)}")
    size, manifest = sum(entry.known.size for entry in entries), "\n".join(map(str, entries))
    sha256 = digest(new["steps"], new["length"], manifest)
    values = {**new, "size": size, "manifest": manifest, "sha256": sha256}
    connection.execute(insert(CHECKPOINTS), values)


def _named(row: Row[Any] | None) -> set[bytes]:
    """The SHA-256 of every piece the checkpoint names; none if its row cannot be read."""
    try:
        return {entry.known.sha256 for entry in entries_of(row)} if row else set()
    except BadRow:
        return set()


def digest(steps: int, length: int, manifest: str) -> bytes:
    """What vouches for these of a checkpoint."""
    return hashlib.sha256(f"{steps} {length}\n{manifest}".encode()).digest()


def prune(connection: Connection, run_id: int, keep: Iterable[int]) -> None:
    """Of the run's checkpoints only those numbered in `keep` are left, and no piece but theirs."""
    old = (CHECKPOINTS.c.run_id == run_id, CHECKPOINTS.c.seq.not_in(keep))
    connection.execute(delete(CHECKPOINTS).where(*old))
    named = set[bytes]().union(*map(_named, newest_first(connection, run_id)))
    forget(connection, run_id, _stored(connection, run_id) - named)


def forget(connection: Connection, run_id: int, pieces: Iterable[bytes]) -> None:
    """These pieces are not there any more, whole or in part."""
    for sha256 in pieces:  # a hostile file may have any type there
        its = (PIECES.c.run_id == run_id, PIECES.c.sha256 == literal(sha256))
        connection.execute(delete(PIECES).where(*its))


def _stored(connection: Connection, run_id: int) -> set[bytes]:
    mine = select(PIECES.c.sha256).where(PIECES.c.run_id == run_id)
    return set(connection.scalars(mine.distinct()))


def find(connection: Connection, run_id: int, seq: int) -> Row[Any] | None:
    """The row of a checkpoint."""
    its = (CHECKPOINTS.c.run_id == run_id, CHECKPOINTS.c.seq == seq)
    return connection.execute(select(CHECKPOINTS).where(*its)).first()


def newest_first(connection: Connection, run_id: int) -> Sequence[Row[Any]]:
    """The rows of the run's checkpoints."""
    query = select(CHECKPOINTS).where(CHECKPOINTS.c.run_id == run_id)
    return connection.execute(query.order_by(CHECKPOINTS.c.seq.desc()).limit(_MOST_ROWS)).all()


def read(
    connection: Connection, row: Row[Any], limits: Limits, broken: set[bytes]
) -> tuple[Checkpoint, State, list[str]]:
    """The checkpoint of `row` and its state: sizes first, then every hash. Raises BadRow.

    Lasting pieces that fail are left out, and their names returned. Whatever fails is in `broken`
    afterwards.
    """
    checkpoint, entries = to_checkpoint(row, limits), entries_of(row)
    if checkpoint.size != sum(entry.known.size for entry in entries):
        raise BadRow("an impossible size")
    pieces: dict[str, Piece] = {}
    lost: list[str] = []
    missing: list[str] = []
    for known, lasting, name in entries:
        data = _read_piece(connection, row.run_id, known)
        if data is None:
            broken.add(known.sha256)
            (lost if lasting else missing).append(name)
        else:
            pieces[name] = Piece(data, lasting=lasting)
            pieces[name].known = known if lasting else None
    if missing:
        raise BadRow(f"its piece {missing[-1]} is missing or damaged")
    return checkpoint, State(pieces), lost


def entries_of(row: Row[Any]) -> list[Entry]:
    """What the checkpoint names, vouched for by its hash. Raises BadRow."""
    text = row.manifest
    if not isinstance(text, str) or row.sha256 != digest(row.steps, row.length, text):
        raise BadRow("its SHA-256 differs")
    return parse(text)


def parse(manifest: str) -> list[Entry]:
    """The entries of a manifest. Raises BadRow."""
    lines = [_LINE.fullmatch(line) for line in manifest.splitlines()]
    entries = [
        Entry(Known(bytes.fromhex(found[1]), int(found[2])), found[3] == "L", found[4])
        for found in lines
        if found
    ]
    if len(entries) != len(lines) or len({entry.name for entry in entries}) != len(entries):
        raise BadRow("a manifest that cannot be read")
    return entries


def _read_piece(connection: Connection, run_id: int, known: Known) -> bytes | None:
    """The bytes of a piece, or None if they are not those that were saved."""
    parts = []
    for part, start in enumerate(range(0, max(known.size, 1), PART)):
        here = (PIECES.c.run_id == run_id, PIECES.c.sha256 == known.sha256, PIECES.c.part == part)
        data = connection.scalar(select(PIECES.c.data).where(*here))
        if not isinstance(data, bytes) or len(data) != min(PART, known.size - start):
            return None
        parts.append(data)
    whole = parts[0] if len(parts) == 1 else b"".join(parts)
    return whole if hashlib.sha256(whole).digest() == known.sha256 else None
