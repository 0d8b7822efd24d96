"""States at rest: a row that names the pieces and vouches for them, and each piece stored once.

A piece is found by its SHA-256. A save writes those whose hash is not there yet; what lasts is not
even encoded and hashed again. The row's own SHA-256 covers the manifest, which names the pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session

from pi_tui.checkpoints.models import PART, BadRow, CheckpointRow, PieceRow, to_checkpoint
from pi_tui.machine import Known, Limits, Piece, State

_MOST_ROWS = 100
"""Checkpoints looked at: two are kept, but a hostile file may hold any number."""
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,12}) ([LN]) ([!-~]{1,80})")
_UNSYNCHRONIZED = {"synchronize_session": False}


class Entry(NamedTuple):
    """A line of a manifest."""

    known: Known
    lasting: bool
    name: str

    def __str__(self) -> str:
        """The line as it is stored."""
        sha256, size = self.known
        return f"{sha256.hex()} {size} {'L' if self.lasting else 'N'} {self.name}"


def write(session: Session, row: CheckpointRow, state: State, good: int) -> int:
    """The state is in the transaction as checkpoint `row`; returns how many bytes that took.

    Only pieces of checkpoint `good` count as stored. What others name may have rotted since, and
    is written anew.
    """
    stored = _stored(session, row.run_id)
    there = stored & _named(session.get(CheckpointRow, (row.run_id, good)))
    entries, written = [], 0
    for name, piece in state.pieces.items():
        known = piece.known
        if known is None or known.sha256 not in there:
            data = piece.read()
            known = Known(hashlib.sha256(data).digest(), len(data))
            piece.known = known if piece.lasting else None
            if known.sha256 not in there:
                forget(session, row.run_id, {known.sha256} & stored)
                _write_piece(session, row.run_id, known.sha256, data)
                there.add(known.sha256)
                written += len(data)
        entries.append(Entry(known, piece.lasting, name))
    if not all(_LINE.fullmatch(str(entry)) for entry in entries):
        raise ValueError(f"no names for pieces: {list(state)}; they are printable, without spaces")
    row.size = sum(entry.known.size for entry in entries)
    row.manifest = "\n".join(map(str, entries))
    row.sha256 = digest(row)
    session.add(row)
    session.flush()
    return written


def _named(row: CheckpointRow | None) -> set[bytes]:
    """The SHA-256 of every piece the checkpoint names; none if its row cannot be read."""
    try:
        return {entry.known.sha256 for entry in entries_of(row)} if row else set()
    except BadRow:
        return set()


def _write_piece(session: Session, run_id: int, sha256: bytes, data: bytes) -> None:
    for part, start in enumerate(range(0, max(len(data), 1), PART)):
        values = {"run_id": run_id, "sha256": sha256, "part": part}
        session.execute(insert(PieceRow), {**values, "data": data[start : start + PART]})


def digest(row: CheckpointRow) -> bytes:
    """What vouches for steps, length and manifest of a checkpoint."""
    return hashlib.sha256(f"{row.steps} {row.length}\n{row.manifest}".encode()).digest()


def prune(session: Session, run_id: int, keep: Iterable[int]) -> None:
    """Of the run's checkpoints only those numbered in `keep` are left, and no piece but theirs."""
    session.execute(
        delete(CheckpointRow).where(CheckpointRow.run_id == run_id, CheckpointRow.seq.not_in(keep)),
        execution_options=_UNSYNCHRONIZED,
    )
    named = set[bytes]().union(*map(_named, newest_first(session, run_id)))
    forget(session, run_id, _stored(session, run_id) - named)


def forget(session: Session, run_id: int, pieces: Iterable[bytes]) -> None:
    """These pieces are not there any more, whole or in part."""
    for sha256 in pieces:  # a hostile file may have any type there
        session.execute(
            delete(PieceRow).where(PieceRow.run_id == run_id, PieceRow.sha256 == literal(sha256)),
            execution_options=_UNSYNCHRONIZED,
        )


def _stored(session: Session, run_id: int) -> set[bytes]:
    return set(session.scalars(select(PieceRow.sha256).where(PieceRow.run_id == run_id).distinct()))


def newest_first(session: Session, run_id: int) -> list[CheckpointRow]:
    """The rows of the run's checkpoints."""
    query = select(CheckpointRow).where(CheckpointRow.run_id == run_id)
    return list(session.scalars(query.order_by(CheckpointRow.seq.desc()).limit(_MOST_ROWS)))


def read(
    session: Session, row: CheckpointRow, limits: Limits, broken: set[bytes]
) -> tuple[State, list[str]]:
    """The state of checkpoint `row`: sizes first, then every hash. Raises BadRow.

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
        data = _read_piece(session, row.run_id, known)
        if data is None:
            broken.add(known.sha256)
            (lost if lasting else missing).append(name)
        else:
            pieces[name] = Piece(data, lasting=lasting)
            pieces[name].known = known if lasting else None
    if missing:
        raise BadRow(f"its piece {missing[-1]} is missing or damaged")
    return State(pieces), lost


def entries_of(row: CheckpointRow) -> list[Entry]:
    """What the checkpoint names, vouched for by its hash. Raises BadRow."""
    if not isinstance(row.manifest, str) or row.sha256 != digest(row):
        raise BadRow("its SHA-256 differs")
    lines = [_LINE.fullmatch(line) for line in row.manifest.splitlines()]
    entries = [
        Entry(Known(bytes.fromhex(found[1]), int(found[2])), found[3] == "L", found[4])
        for found in lines
        if found
    ]
    if len(entries) != len(lines) or len({entry.name for entry in entries}) != len(entries):
        raise BadRow("a manifest that cannot be read")
    return entries


def _read_piece(session: Session, run_id: int, known: Known) -> bytes | None:
    """The bytes of a piece, or None if they are not those that were saved."""
    parts = []
    for part, start in enumerate(range(0, max(known.size, 1), PART)):
        here = (PieceRow.run_id == run_id, PieceRow.sha256 == known.sha256, PieceRow.part == part)
        data = session.scalar(select(PieceRow.data).where(*here))
        if not isinstance(data, bytes) or len(data) != min(PART, known.size - start):
            return None
        parts.append(data)
    whole = parts[0] if len(parts) == 1 else b"".join(parts)
    return whole if hashlib.sha256(whole).digest() == known.sha256 else None
