"""All there is to see among the digits, reached and to come."""

from __future__ import annotations

from collections.abc import Iterator

from pi_tui.pi.digits.facts import FACTS, Fact, further, is_reached
from pi_tui.pi.digits.statistics import Digits


def longest_runs(digits: Digits, count: int) -> Iterator[Fact]:
    """Yield the longest run of each digit among the first `count`, where it is first.

    >>> [(run.position, run.text) for run in longest_runs(b"1221112", 7)]
    [(4, '111'), (2, '22')]
    """
    for digit in "0123456789":
        at, text = digits.find(digit.encode(), 0, count), digit
        if at < 0:
            continue
        # A longer run is not before the first of the shorter ones: one way through the digits.
        while (found := digits.find((text + digit).encode(), at, count)) >= 0:
            at, text = found, text + digit
        yield Fact(at + 1, text, f"The longest run of {digit}s: {len(text):,} in a row.")


def landmarks(digits: Digits, count: int) -> list[Fact | str]:
    """Return all facts by position, those to come too; then what depends on how many digits.

    Headings are between them.
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
