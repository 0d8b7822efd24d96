"""List the facts about the digits, both reached and still to come."""

from __future__ import annotations

from collections.abc import Iterator

from pi_tui.needle import find_in
from pi_tui.pi.digits.facts import FACTS, Fact, further, is_reached
from pi_tui.pi.digits.statistics import Digits


def longest_runs(digits: Digits, count: int) -> Iterator[Fact]:
    """Yield the longest run of each digit that is among the first `count`, at its first position.

    >>> [(run.position, run.text) for run in longest_runs(b"1221112", 7)]
    [(4, '111'), (2, '22')]
    """
    for digit in "0123456789":
        at, text = 0, ""
        # A longer run cannot begin before the first of the shorter ones, so one pass is enough.
        while (found := find_in(digits, (text + digit).encode(), at, count)) >= 0:
            at, text = found, text + digit
        if text:
            yield Fact(at + 1, text, f"The longest run of {digit}s: {len(text):,} in a row.")


def landmarks(digits: Digits, count: int) -> list[Fact | str]:
    """Return the rows of the list of landmarks: facts reached, facts to come, longest runs.

    A fact is reached if it is true of the first `count` digits. A row that is a text is a heading:
    one stands above the facts to come, one above the longest runs, if there are any.
    """
    facts = sorted((*FACTS, *further(digits, 0, count)), key=lambda fact: fact.position)
    there = [fact for fact in facts if is_reached(fact, digits, count)]
    to_come = [fact for fact in facts if fact not in there]
    runs = [*longest_runs(digits, count)]
    rows: list[Fact | str] = [*there]
    for heading, under in (("To come:", to_come), (f"Among these {count:,} digits:", runs)):
        if under:
            rows.append(heading)
            rows.extend(under)
    return rows
