"""Saved states: a checkpoint row that lists its pieces, and each piece stored once.

Pieces are content-addressed by SHA-256. A save does not write a piece again that an earlier save
or load of this process found intact; if it is lasting, it is not even encoded and hashed again. The
row's own SHA-256 covers the manifest, which lists the pieces.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, literal, select

from pi_tui.checkpoints.records import Checkpoint
from pi_tui.checkpoints.rows.models import CHECKPOINTS, PART, PIECES, BadRow, to_checkpoint
from pi_tui.errors import BrokenRule, MachineError, PiTuiError
from pi_tui.machine import Known, Limits, LostPiece, Piece, State

_MOST_ROWS = 100
"""Checkpoints read at most: two are kept, but a hostile file may hold any number."""
_BATCH = 200
"""Pieces named in one statement; the SQLite of old systems takes fewer than a thousand values."""
_KEPT = 2**18
"""Maximum bytes of a lasting piece that a load keeps in memory; larger ones are read when used."""
_LONGEST_MANIFEST = 8 * 10**6
"""Maximum bytes of a manifest: SQLite refuses values of more than 8 MiB (LONGEST_VALUE)."""
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9]{1,12}) ([LN]) ([!-~]{1,80})")


ReaderOf = Callable[[Known], Callable[[], bytes]]
"""Returns the function that fetches a stored piece."""


class Entry(NamedTuple):
    """A line of a manifest: a piece of a checkpoint, with its hash, size and name."""

    known: Known
    lasting: bool
    name: str

    def __str__(self) -> str:
        """Return the entry as a line of the stored manifest."""
        sha256, size = self.known
        return f"{sha256.hex()} {size} {'L' if self.lasting else 'N'} {self.name}"


class Found(NamedTuple):
    """A checkpoint with the state read for it."""

    checkpoint: Checkpoint
    state: State
    lost: list[str]
    """Names of lasting pieces that are missing or damaged; the state lacks them."""
    sound: frozenset[bytes]
    """The SHA-256 of the pieces that were read and found intact."""


def stored(connection: Connection, run_id: int) -> set[bytes]:
    """Return the SHA-256 of each stored piece of the run, incomplete ones included."""
    mine = select(PIECES.c.sha256).where(PIECES.c.run_id == run_id)
    return set(connection.scalars(mine.distinct()))


def missing(state: State, trusted: Set[bytes]) -> int:
    """Count how many bytes `write` writes at most, given the same `trusted` hashes.

    Encodes pieces of unknown size to count them.
    """
    pieces = state.pieces.items()
    new = [(n, p) for n, p in pieces if not p.known or p.known.sha256 not in trusted]
    return sum(p.known.size if p.known else len(_bytes_of(p, name)) for name, p in new)


def write(
    connection: Connection, run_id: int, state: State, trusted: Set[bytes], there: set[bytes]
) -> tuple[list[Entry], set[bytes]]:
    """Write the pieces of `state`; return an entry of the manifest for each, and what is lost.

    A piece whose hash is in `trusted` is not written again. `there` has the hashes of all stored
    pieces. One of these that is not trusted may be damaged, so it is replaced. But a lasting piece
    that is stored intact is kept, because the machine may no longer have its bytes.

    The set that is returned holds the hashes of lasting pieces that are damaged in the database and
    no longer in memory, because the machine has not made them again yet. They stay in the manifest:
    a load finds them lost.

    Raises BrokenRule for a name that `State` does not allow, or if the function of a piece returns
    no bytes. Raises the errors of `_bytes_of` if that function raises.
    """
    entries, done, lost, doubted = [], set(trusted), set[bytes](), there - trusted
    for name, piece in state.pieces.items():
        known = piece.known
        if known and known.sha256 in doubted and _is_sound(connection, run_id, known):
            done.add(known.sha256)
        if known is None or known.sha256 not in done:
            try:
                data = _bytes_of(piece, name)
            except LostPiece:
                if known is None:
                    raise
                lost.add(known.sha256)
                entries.append(Entry(known, piece.lasting, name))
                continue
            known = Known(hashlib.sha256(data).digest(), len(data))
            piece.known = known if piece.lasting else None
            if known.sha256 not in done:
                forget(connection, run_id, {known.sha256} & there)
                _write_piece(connection, run_id, known, data)
                done.add(known.sha256)
        entries.append(Entry(known, piece.lasting, name))
    if not all(_LINE.fullmatch(str(entry)) for entry in entries):
        raise BrokenRule(f"pieces have printable names without spaces, not {list(state.pieces)}")
    return entries, lost - done


def _bytes_of(piece: Piece, name: str) -> bytes:
    """Return the bytes of a piece, which messages call `name`.

    If the function that makes them raises, raises MachineError; its cause has the traceback of that
    function only. LostPiece, errors of this package, MemoryError, SystemExit and KeyboardInterrupt
    pass. Raises BrokenRule if the function returns no bytes.
    """
    try:
        found: Any = piece.read()
    except (LostPiece, PiTuiError, MemoryError, SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        here = error.__traceback__
        error.__traceback__ = here and here.tb_next and here.tb_next.tb_next  # not our two frames
        raised = type(error).__name__
        raise MachineError(
            f"the function of the piece {name} raised {raised}; not saved"
        ) from error
    if not isinstance(found, bytes | bytearray | memoryview):
        kind = type(found).__name__
        raise BrokenRule(f"the function of the piece {name} returned {kind}, not bytes")
    return bytes(found)


def _write_piece(connection: Connection, run_id: int, known: Known, data: bytes) -> None:
    for part, start in enumerate(range(0, max(len(data), 1), PART)):
        values = {"run_id": run_id, "sha256": known.sha256, "part": part}
        connection.execute(insert(PIECES), {**values, "data": data[start : start + PART]})


def write_checkpoint(
    connection: Connection, run_id: int, new: Checkpoint, entries: list[Entry]
) -> None:
    """Insert the checkpoint row, which lists these pieces. Raises MachineError if too many."""
    done, total = new.work or (None, None)
    manifest = "\n".join(map(str, entries))
    if len(manifest) > _LONGEST_MANIFEST:
        raise MachineError(
            f"a state of {len(entries):,} pieces, too many for a checkpoint to list; not saved: "
            "make fewer and larger pieces"
        )
    values = {
        "run_id": run_id,
        "seq": new.seq,
        "steps": new.steps,
        "length": new.length,
        "size": new.size,
        "version": new.version,
        "done": done,
        "total": total,
        "manifest": manifest,
        "sha256": digest(new.version, new.steps, new.length, done, total, manifest),
        "elapsed_ms": round(1000 * new.elapsed),
        "saved_utc": new.saved_at.isoformat(timespec="milliseconds"),
    }
    connection.execute(insert(CHECKPOINTS), values)


def digest(
    version: object, steps: object, length: object, done: object, total: object, manifest: str
) -> bytes:
    """Return the SHA-256, 32 bytes, over these values of a checkpoint row and its manifest."""
    head = f"{version} {steps} {length} {done!r} {total!r}"
    return hashlib.sha256(f"{head}\n{manifest}".encode()).digest()


def keep(connection: Connection, run_id: int, numbers: Iterable[int]) -> None:
    """Delete the run's checkpoints, except those whose numbers are in `numbers`.

    Also delete every stored piece that none of the remaining checkpoints uses.
    """
    keep_rows(connection, run_id, numbers)
    named = set[bytes]()
    for row in newest_first(connection, run_id):
        with suppress(BadRow):  # an unreadable row names no piece that a load could use
            named |= {entry.known.sha256 for entry in entries_of(row)}
    forget(connection, run_id, stored(connection, run_id) - named)


def keep_rows(connection: Connection, run_id: int, numbers: Iterable[int]) -> None:
    """Delete the run's checkpoint rows, except those with these numbers; delete no pieces."""
    old = (CHECKPOINTS.c.run_id == run_id, CHECKPOINTS.c.seq.not_in(numbers))
    connection.execute(delete(CHECKPOINTS).where(*old))


def forget(connection: Connection, run_id: int, pieces: Iterable[bytes]) -> None:
    """Delete the run's pieces with these hashes, also those of which parts are missing."""
    rest = iter(pieces)
    while some := list(islice(rest, _BATCH)):
        # A hostile file may hold any type there; `literal` skips the conversion to the column's.
        its = (PIECES.c.run_id == run_id, PIECES.c.sha256.in_([literal(one) for one in some]))
        connection.execute(delete(PIECES).where(*its))


def known(connection: Connection, run_id: int, limits: Limits) -> dict[int, Checkpoint | None]:
    """Return the checkpoints by number, newest first; None for one whose row is unreadable."""
    found: dict[int, Checkpoint | None] = {}
    for row in newest_first(connection, run_id):
        found[row.seq] = None
        with suppress(BadRow):  # reported in the notes of `load`, which reads its state
            found[row.seq] = to_checkpoint(row, limits)
    return found


def size(connection: Connection, run_id: int) -> int:
    """Return the number of bytes of all pieces of the run."""
    query = select(func.sum(func.length(PIECES.c.data))).where(PIECES.c.run_id == run_id)
    found = connection.scalar(query)  # hostile rows may make the sum a text, or infinite
    return int(found) if isinstance(found, int | Decimal) else 0


def find(connection: Connection, run_id: int, seq: int) -> Row[Any] | None:
    """Return the row of the run's checkpoint number `seq`; None if there is none."""
    its = (CHECKPOINTS.c.run_id == run_id, CHECKPOINTS.c.seq == seq)
    return connection.execute(select(CHECKPOINTS).where(*its)).first()


def newest_first(connection: Connection, run_id: int) -> Sequence[Row[Any]]:
    """Return the run's checkpoint rows, the newest first, but at most _MOST_ROWS."""
    query = select(CHECKPOINTS).where(CHECKPOINTS.c.run_id == run_id)
    return connection.execute(query.order_by(CHECKPOINTS.c.seq.desc()).limit(_MOST_ROWS)).all()


def read(
    connection: Connection, row: Row[Any], limits: Limits, reader_of: ReaderOf | None = None
) -> Found:
    """Read the checkpoint of `row` and its state; check all sizes and hashes.

    Lasting pieces may be missing or damaged: the result names them. Raises BadRow if anything else
    is wrong. With `reader_of`, lasting pieces of more than _KEPT bytes are checked but not kept in
    memory: the function that `reader_of` returns for a piece reads its bytes again when needed.
    """
    checkpoint, entries = to_checkpoint(row, limits), entries_of(row)
    if checkpoint.size != sum(entry.known.size for entry in entries):
        raise BadRow("an impossible size")
    pieces: dict[str, Piece] = {}
    lost: list[str] = []
    missing: list[str] = []
    for known, lasting, name in entries:
        piece = _piece(connection, row.run_id, known, reader_of if lasting else None)
        if piece is None:
            (lost if lasting else missing).append(name)
        else:
            piece.lasting, piece.known = lasting, known if lasting else None
            pieces[name] = piece
    if missing:
        raise BadRow(f"its piece {missing[-1]} is missing or damaged")
    sound = frozenset(entry.known.sha256 for entry in entries if entry.name in pieces)
    return Found(checkpoint, State(pieces, checkpoint.version), lost, sound)


def entries_of(row: Row[Any]) -> list[Entry]:
    """Return the entries of a checkpoint's manifest.

    Raises BadRow if the row's hash differs, or if the manifest is malformed.
    """
    text = row.manifest
    head = (row.version, row.steps, row.length, row.done, row.total)
    if not isinstance(text, str) or row.sha256 != digest(*head, text):
        raise BadRow("its SHA-256 differs")
    return parse(text)


def parse(manifest: str) -> list[Entry]:
    """Parse a manifest, the list of a checkpoint's pieces. Raises BadRow if it is malformed."""
    lines = [_LINE.fullmatch(line) for line in manifest.splitlines()]
    entries = [
        Entry(Known(bytes.fromhex(found[1]), int(found[2])), found[3] == "L", found[4])
        for found in lines
        if found
    ]
    if len(entries) != len(lines) or len({entry.name for entry in entries}) != len(entries):
        raise BadRow("a manifest that cannot be read")
    return entries


def _piece(
    connection: Connection, run_id: int, known: Known, reader_of: ReaderOf | None
) -> Piece | None:
    """Return a stored piece; None if it is missing or damaged.

    With `reader_of`, a piece of more than _KEPT bytes is checked, but its bytes are not kept: the
    function that `reader_of` returns reads them again when needed.
    """
    if reader_of and known.size > _KEPT:
        piece = Piece(reader_of(known)) if _is_sound(connection, run_id, known) else None
    else:
        data = read_piece(connection, run_id, known)
        piece = None if data is None else Piece(data)
    if piece and reader_of:
        piece.saved = reader_of(known)
    return piece


def read_piece(connection: Connection, run_id: int, known: Known) -> bytes | None:
    """Return the bytes of a piece; None if they are missing or changed."""
    whole = b"".join(_parts(connection, run_id, known))
    return whole if hashlib.sha256(whole).digest() == known.sha256 else None


def _is_sound(connection: Connection, run_id: int, known: Known) -> bool:
    """Return True if the stored bytes of the piece have its hash; reads a part at a time."""
    found = hashlib.sha256()
    for data in _parts(connection, run_id, known):
        found.update(data)
    return found.digest() == known.sha256


def _parts(connection: Connection, run_id: int, known: Known) -> Iterator[bytes]:
    """Yield the bytes of a piece, part by part; stop before a part that is missing or malformed."""
    for part, start in enumerate(range(0, known.size, PART)):
        here = (PIECES.c.run_id == run_id, PIECES.c.sha256 == known.sha256, PIECES.c.part == part)
        data = connection.scalar(select(PIECES.c.data).where(*here))
        if not isinstance(data, bytes) or len(data) != min(PART, known.size - start):
            return
        yield data
