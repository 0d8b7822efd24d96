"""Encode a SpigotState as the pieces of a saved State, and decode it with strict checks.

A saved state has these pieces. All numbers are big-endian (packing.py), so one state has exactly
one encoding:

    head    a fixed header, 24 bytes of residues for every block, the predigit
    n0 …    from iteration 1 on: the numbers N of a batch of blocks
    s0 …    before iteration 1: the numbers N of a batch at the start, which never change (lasting)
    b0 …    P and D of a batch of blocks, which never change (lasting)
    v…      once all digits are settled: intermediate results of the verification (reference.py)

A batch is `BATCH` boxes, or one block if blocks are larger. If an s or b piece is lost, later steps
make its blocks again. The digits themselves are output and in no piece. There is no pickle and no
JSON: decoding can create integers and nothing else.

A decoded state is accepted if it fits the task, if each P, D and number at the start agrees with
its residue in the header, and if (`Spigot.check`) the residue equation holds for the digits saved
with it. From iteration 1 on, the equation ties P and D to the digits. Before that, hashes in the
store protect against accidental damage. No check here stops someone who forges blocks; the
verification at the end does. States of version 1 (one piece, `state`: header, predigit, N) have no
P and D.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest

from gmpy2 import mpz

from pi_tui.machine import Piece, State
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.boxes.residue import PRIME, agrees, of_radix
from pi_tui.pi.spigot.boxes.shelf import AnyBlock, ShelvedBlock
from pi_tui.pi.spigot.comparison.reference import Kept, found_by_1_1, names
from pi_tui.pi.spigot.encoding import limits
from pi_tui.pi.spigot.encoding.packing import LENGTH, Source, put, require
from pi_tui.pi.spigot.series import RABINOWITZ_WAGON
from pi_tui.pi.spigot.size import Batch, Chain, Size
from pi_tui.pi.spigot.state import SpigotState

_MAGIC = b"pi-tui\r\n"
FORMAT = 2
_HEAD = struct.Struct(">8sI32sQQQQQQQQI")
"""Header: magic, format, series, digits, K, B, i, made, nines, start, dropped, blocks."""
_FORMAT_1 = struct.Struct(">8sIQQQQQBQQQI")
"""Header 1: magic, format, digits, K, B, i, nines, have_predigit, count, start, dropped, boxes."""
_RESIDUES = struct.Struct(">QQQ")
"""N at the start, P and D of a block, modulo 2^61-1."""
_NOT_MADE = (2**64 - 1,) * 3
"""Residues written for a block that is not made yet."""


def blocks_bytes(blocks: Iterable[Block]) -> bytes:
    """Return the bytes of a piece that holds P and D of these blocks, one block after the other."""
    data = bytearray()
    for block in blocks:
        data += LENGTH.pack(block.shift)
        put(data, block.factor)
        put(data, block.divisor)
    return bytes(data)


def numbers_bytes(numbers: Iterable[mpz]) -> bytes:
    """Return the bytes of a piece that holds these numbers, one after the other."""
    data = bytearray()
    for number in numbers:
        put(data, number)
    return bytes(data)


def encode(state: SpigotState) -> State:
    """Encode a state as pieces; long pieces are encoded only when they are read."""
    pieces = {"head": Piece(_head(state))}
    if state.blocks_needed:
        pieces |= state.pieces
        if state.i:
            for batch in state.size.batches(state.size.counts(state.i)):
                some = state.boxes[batch.places.start : batch.places.stop]
                numbers = [number for number in some if number is not None]
                pieces[f"n{batch.name}"] = Piece(partial(numbers_bytes, numbers))
    else:
        for name, found in state.kept.items():
            signs = mpz(sum(1 << place for place, number in enumerate(found) if number < 0))
            pieces[f"v{name}"] = Piece(partial(numbers_bytes, (signs, *map(abs, found))))
    return State(pieces)


def decode(size: Size, state: State, output: bytes) -> SpigotState:
    """Decode a state from its pieces, its task's size, and the digits saved with it.

    Checks every length and range against what the size allows before it allocates memory. Raises
    BadState if a check fails, StorageError if a large piece must be read from the database and that
    cannot be reached. To save memory, removes from `state` what it has decoded, all but the header
    and the lasting pieces. The lasting pieces are in the result too, and let go of their bytes. So
    a state can be decoded only once.
    """
    if "state" in state:
        decoded = _decode_format_1(size, state.take("state"), output)
    else:
        decoded = _decode_pieces(size, state, output)
    decoded.refuse_nonsense()
    return decoded


def _head(state: SpigotState) -> bytes:
    size, kept = state.size, state.blocks_needed
    blocks = state.blocks[:kept]
    place = state.i, state.made, state.nines, state.start, state.dropped, len(blocks)
    data = bytearray(_HEAD.pack(_MAGIC, FORMAT, size.series.name.encode(), *size[1:], *place))
    for block in blocks:
        start = block.start_residue if block and not state.i else 0
        made = block and (start, block.factor_residue, block.denominator_residue)
        data += _RESIDUES.pack(*(made or _NOT_MADE))
    put(data, state.predigit)
    return bytes(data)


def _decode_pieces(size: Size, pieces: State, output: bytes) -> SpigotState:
    source = Source(pieces["head"])
    magic, form, series, *numbers, i, made, nines, start, dropped, blocks = source.take(_HEAD)
    require(magic == _MAGIC and form == FORMAT, "the header is not that of a state")
    name = series.rstrip(b"\0").decode("ascii", "replace")
    require((name, *numbers) == (size.series.name, *size[1:]), "another run's state")
    require(i <= limits.most_iterations(size) and nines <= i, "an impossible iteration")
    require(max(start, dropped) < PRIME and made < 2**53, "an impossible residue")
    require(blocks <= size.blocks_needed(0), "too many blocks")
    residues = [source.take(_RESIDUES) for _ in range(blocks)]
    possible = (some == _NOT_MADE or (max(some) < PRIME and some[-1] > 0) for some in residues)
    require(all(possible), "an impossible residue")
    predigit = source.number(limits.most_predigit_bytes(size))
    source.end()
    nothing, result = (None,) * blocks, _digits_at(size, i, nines, output)
    empty = SpigotState(size, nothing, nothing, i, made, nines, predigit, result, start, dropped)
    require(blocks in (0, empty.blocks_needed), "not as many blocks as it needs")
    if blocks:
        return _fill(empty, pieces, residues)
    made += found_by_1_1(size.digits, {name[1:] for name in pieces.pieces if name[0] == "v"})
    return replace(empty, made=made, kept=_kept(pieces, size) if empty.result else {})


def _kept(pieces: State, size: Size) -> Kept:
    """Decode the verification's intermediate results; remove their pieces, named `v…`.

    Those of version 1.1 have other names, and are ignored.
    """
    kept: Kept = {}
    known = {f"v{name}": count for name, count in names(size.digits).items()}
    for name in [name for name in pieces.pieces if name in known]:
        source, longest = Source(pieces.take(name)), 2 * size.digits + 100
        signs, *found = (source.number(longest) for _ in range(1 + known[name]))
        source.end()
        require(0 not in found, "an impossible result")
        kept[name[1:]] = tuple(-n if signs >> i & 1 else n for i, n in enumerate(found))
    return kept


def _fill(state: SpigotState, pieces: State, residues: Sequence[tuple[int, ...]]) -> SpigotState:
    """Return `state` with the numbers and blocks that `pieces` hold.

    `residues` has those of each block, from the header of the saved state. A block that was not
    made yet, or whose piece is missing, is None in the result; `lost` counts only the latter.
    Blocks that are read back from the database become ShelvedBlocks. The n pieces are removed from
    `pieces`; the b and s pieces stay, and only let go of their bytes.
    """
    boxes: list[mpz | None] = []
    blocks: list[AnyBlock | None] = []
    kept: dict[str, Piece] = {}
    lost = 0
    chains = state.size.chains
    for batch in state.size.batches(state.size.counts(state.i)):
        chain, some = chains[batch.chain], batch.numbers
        known = residues[batch.places.start : batch.places.stop]
        if state.i:
            boxes += _numbers(Source(pieces.take(f"n{batch.name}")), chain, some)
        names = [f"b{batch.name}", *([] if state.i else [f"s{batch.name}"])]
        made = _NOT_MADE not in known
        if not made or any(name not in pieces for name in names):
            lost += len(some) if made else 0
            blocks += [None] * len(some)
            boxes += [None] * (0 if state.i else len(some))
            continue
        piece = kept[names[0]] = pieces.pieces[names[0]]
        if piece.saved and state.size.reads_back:
            piece.let_go(piece.saved)
            blocks.append(shelved(state.size, batch, piece, known[0]))
        else:
            decoded = _blocks(piece, chain, some, known)
            piece.let_go(partial(blocks_bytes, tuple(decoded)))
            blocks += decoded[: len(some)]
        if not state.i:
            kept[names[1]] = pieces.pieces[names[1]]
            numbers = _numbers(Source(pieces[names[1]]), chain, some)
            kept[names[1]].let_go(partial(numbers_bytes, numbers))
            boxes += numbers
    return replace(state, boxes=tuple(boxes), blocks=tuple(blocks), pieces=kept, lost=lost)


def shelved(size: Size, batch: Batch, piece: Piece, residues: tuple[int, ...]) -> ShelvedBlock:
    """Return the only block of this batch, as a ShelvedBlock that reads P and D from `piece`."""
    chain = size.chains[batch.chain]

    def read() -> Block:
        return _blocks(piece, chain, batch.numbers, [residues])[0]

    return ShelvedBlock(batch.name, read, *residues)


def _blocks(
    piece: Piece, chain: Chain, numbers: range, residues: Sequence[tuple[int, ...]]
) -> list[Block]:
    """Return the blocks of a batch, decoded from `piece` and checked against `residues`.

    The piece may also hold blocks that the spigot no longer needs. They are returned at the end,
    and have no residues to be checked against. Raises BadState if the bytes or a residue are wrong,
    and what `Piece.read` raises.
    """
    source, blocks = Source(piece.read()), list[Block]()
    longest = limits.most_box_bytes(chain)
    batch = range(numbers.start, numbers.start + chain.blocks_per_batch)
    for number, known in zip_longest(batch, residues):
        if known is None and source.at_end:
            break
        (shift,) = source.take(LENGTH)
        factor = source.number(longest)
        divisor = source.number(longest + (0 if number else limits.most_predigit_bytes(chain)))
        require(shift <= 8 * longest and factor % 2 == 1 and divisor > 0, "an impossible block")
        block = Block(factor, shift, divisor, *(known or (0, 0, 0)))
        if known:
            radix = of_radix(chain) if number == 0 else 1
            require(agrees(block, radix), "a block differs from its residue")
        blocks.append(block)
    source.end()
    return blocks


def _numbers(source: Source, chain: Chain, numbers: range) -> list[mpz]:
    """Decode N of the blocks whose indices are `numbers`.

    Raises BadState if a number is malformed or too long, or if bytes are left.
    """
    longest = limits.most_box_bytes(chain)
    first = longest + limits.most_predigit_bytes(chain)  # block 0 holds a remainder of R
    result = [source.number(longest if number else first) for number in numbers]
    source.end()
    return result


def _decode_format_1(size: Size, data: bytes, output: bytes) -> SpigotState:
    """Decode N of every block from a state of version 1; P and D must be made again.

    A state before iteration 1 becomes that of a new run. Raises BadState if a check fails.
    """
    source = Source(data)
    magic, form, *task, i, nines, have, count, start, dropped, boxes = source.take(_FORMAT_1)
    require(magic == _MAGIC and form == 1, "the header is not that of a state")
    require(task == [*size[1:]] and size.series is RABINOWITZ_WAGON, "another run's state")
    require(i <= limits.most_iterations(size) and nines <= i, "an impossible iteration")
    require(have == (i > 0), "an impossible iteration")
    require(max(start, dropped) < PRIME, "an impossible residue")
    require(boxes <= size.blocks_needed(0), "too many boxes")
    predigit = source.number(limits.most_predigit_bytes(size))
    kept = _numbers(source, size, range(boxes))
    result = _digits_at(size, i, nines, output)
    require(count == len(result), "an impossible number of digits")
    if i == 0:  # nothing is done yet
        return SpigotState.at_start(size)
    nothing = (None,) * boxes
    return SpigotState(size, tuple(kept), nothing, i, 0, nines, predigit, result, start, dropped)


def _digits_at(size: Size, i: int, nines: int, output: bytes) -> bytes:
    """Return the digits of `output` that were settled after iteration `i`.

    After `i` iterations two things are not settled: the predigit, which a carry may still change,
    and the `nines` super-digits after it, all of nines. Raises BadState if `output` has too few
    digits.
    """
    count = min(max(i - nines - 2, 0) * size.digits_per_step, size.digits)
    require(len(output) >= count, "some of its digits are missing")
    return output[:count]
