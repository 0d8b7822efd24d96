"""`pi-tui find`: search for a string among all saved digits."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.output_part import SavedOutput, refuse_without_output
from pi_tui.errors import UsageError
from pi_tui.pi.digits.chance import LIKELY, chance, digits_for, expected
from pi_tui.pi.digits.hits import AROUND, Hits, after_a_miss, headline, odds
from pi_tui.pi.settings import MAX_DIGITS
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.which_run import run_to_search
from pi_tui.reports.hints import to_paste
from pi_tui.reports.standard_output import is_terminal, say

_PIECE = 4 * 2**20
"""Digits read at a time, so that a billion take no more memory than a million."""
_LONGEST = 100
"""Maximum digits of a string; a longer one has no chance of being found."""
_MARKED, _PLAIN = "\x1b[1;33m", "\x1b[0m"


class Place(NamedTuple):
    """A hit: its position, from 1, and the digits around it."""

    position: int
    before: str
    after: str


def find(location: str, text: str, digits: int | None, first: int, *, as_json: bool) -> int:
    """Print where `text` occurs in a run, as text or JSON; return 0, also without a hit.

    The run is that of `digits` digits; if `digits` is None, the run with most digits saved.
    `first` is the maximum number of places to print. Raises UsageError if no such run, or no
    digit of it, is saved, or if `text` or `first` is invalid. Raises NothingSavedError if there is
    no database, StorageError if standard output fails or the run is begun again meanwhile, and
    BrokenPipeError if the reader of standard output has gone.
    """
    _check(text, first)
    with CheckpointStore.open(location, SpigotKind(), write=False) as store:
        run = run_to_search(store, digits)
        refuse_without_output(store, run)
        saved = SavedOutput(store, run)

        @lru_cache(maxsize=2)  # hits that are near each other stand in the same piece
        def piece(start: int) -> bytes:
            return saved[start : min(start + _PIECE, run.committed)]

        def read(start: int, stop: int) -> bytes:
            start, stop = max(0, start), min(stop, run.committed)
            begin = start // _PIECE * _PIECE
            digits = b"".join(map(piece, range(begin, stop, _PIECE)))
            return digits[start - begin : stop - begin]

        hits = Hits(text, first)
        for start in range(0, run.committed, _PIECE):
            hits.feed(piece(start))
        places = [_place(offset, len(text), read) for offset in hits.first]
    for line in [_as_json(hits, places)] if as_json else _lines(hits, places):
        say(line)
    return 0


def _check(text: str, first: int) -> None:
    """Raise UsageError if the string is not of 1 to 100 digits, or if `first` is below 1."""
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise UsageError(f"{text!r} is no string of digits; write it without a gap, like 14031988")
    if len(text) > _LONGEST:
        raise UsageError(f"a string of {len(text):,} digits is too long; {_LONGEST} at most")
    if first < 1:
        raise UsageError(f"--first {first} shows nothing; use 1 or more")


def _place(offset: int, length: int, read: Callable[[int, int], bytes]) -> Place:
    before = read(offset - AROUND, offset) if offset else b""
    end = offset + length
    return Place(offset + 1, before.decode(), read(end, end + AROUND).decode())


def _lines(hits: Hits, places: list[Place]) -> Iterator[str]:
    length, count = len(hits.text), hits.searched
    yield headline(hits)
    has_colors = is_terminal() and not os.environ.get("NO_COLOR")
    marked, plain = (_MARKED, _PLAIN) if has_colors else ("", "")
    width = max((len(f"{place.position:,}") for place in places), default=0)
    for place in places:
        middle = f"{marked}{hits.text}{plain}"
        around = f"{place.before:>{AROUND}} {middle} {place.after}".rstrip()
        yield f"{place.position:>{width + 2},}  {around}"
    yield odds(length, count)
    if not places:
        yield from map(to_paste, after_a_miss(length, MAX_DIGITS))


def _as_json(hits: Hits, places: list[Place]) -> str:
    length, count = len(hits.text), hits.searched
    return json.dumps(
        {
            "text": hits.text,
            "digits": count,
            "count": hits.count,
            "first": [place._asdict() for place in places],
            "chance": chance(length, count),
            "expected": expected(length, count),
            "digits_for": {f"{likely:g}": digits_for(length, likely) for likely in LIKELY},
        }
    )
