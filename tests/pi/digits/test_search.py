"""Search compared with a naive search at every position."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pi_tui import needle as needle_module
from pi_tui.needle import Needle, find_in
from pi_tui.pi.digits.chance import chance, chance_in_words

DIGITS = st.text("012", max_size=60)
"""Few different digits, so that hits are many and overlap."""
NEEDLES = st.text("012", min_size=1, max_size=4)


def offsets(digits: str, needle: str) -> list[int]:
    return [at for at in range(len(digits)) if digits.startswith(needle, at)]


@given(DIGITS, NEEDLES, st.integers(0, 60), st.integers(0, 60))
def test_counts_and_hits_equal_a_naive_search(
    digits: str, text: str, start: int, stop: int
) -> None:
    data, needle = digits.encode(), Needle(text)
    stop = min(stop, len(digits))
    inside = [at for at in offsets(digits[:stop], text) if at >= start]
    assert needle.count_in(data, start, stop) == len(inside)
    touching = [at for at in offsets(digits, text) if start < at + len(text) and at < stop]
    assert start >= stop or list(needle.hits_in(data, start, stop)) == touching


@given(DIGITS, NEEDLES, st.lists(st.integers(0, 20)))
def test_every_hit_is_counted_once_in_whatever_parts_the_digits_come(
    digits: str, text: str, steps: list[int]
) -> None:
    needle, stop = Needle(text), 0
    for step in steps:
        stop = min(len(digits), stop + step)
        needle.feed(digits.encode(), stop)
        assert needle.hits == len(offsets(digits[:stop], text))


@given(DIGITS, NEEDLES, st.integers(-1, 60))
def test_next_and_previous_hit_wrap_around(digits: str, text: str, offset: int) -> None:
    data, hits = digits.encode(), offsets(digits, text)
    after = [at for at in hits if at > offset] or hits
    before = [at for at in hits if at < offset] or hits
    assert Needle(text).next_after(data, offset, len(data)) == (after[0] if hits else None)
    assert Needle(text).last_before(data, offset, len(data)) == (before[-1] if hits else None)
    for number, at in enumerate(hits, 1):
        assert Needle(text).number_of(data, at) == number


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needle_module, "BLOCK", 5)


@pytest.mark.usefixtures("small_blocks")
def test_backward_search_finds_a_hit_across_two_blocks() -> None:
    for behind in range(10):
        needle = Needle("123")
        digits = b"0" * 50 + b"123" + b"0" * behind
        needle.feed(digits, len(digits))
        assert needle.last_before(digits, 0, len(digits)) == 50


def test_chance_of_an_empty_string_or_one_longer_than_the_digits_is_zero() -> None:
    assert chance(3, 2) == chance(0, 5) == 0.0
    assert abs(chance(3, 3) - 0.001) < 1e-12
    assert abs(chance(1, 2) - 0.19) < 1e-12


def test_chance_in_words_is_right_where_its_wording_changes() -> None:
    told = [chance_in_words(p) for p in (0.9951, 0.995, 0.1, 0.0999, 0.001, 0.000999, 0.0)]
    assert told == ["all but certain", "100 %", "10 %", "10.0 %", "0.1 %", "1 in 1,001", "none yet"]


@pytest.mark.usefixtures("small_blocks")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DIGITS, NEEDLES, st.integers(-1, 60), st.integers(0, 60))
def test_next_and_previous_hit_are_right_or_none_while_a_part_of_the_output_is_not_searched(
    digits: str, text: str, offset: int, counted: int
) -> None:
    needle, data, hits = Needle(text), digits.encode(), offsets(digits, text)
    needle.feed(data, min(counted, len(data)))
    is_all = needle.searched == len(data)
    after = [at for at in hits if at > offset] or hits
    before = [at for at in hits if at < offset] or hits
    told = needle.next_after(data, offset, len(data)), needle.last_before(data, offset, len(data))
    for found, right in zip(told, (after[:1], before[-1:]), strict=True):
        assert [found] == right or (found is None and not (is_all and right))
    numbers = [needle.number_of(data, at) for at in hits]
    assert all(number in (0, at) for at, number in enumerate(numbers, 1))
    assert not (is_all and len(data) % 5 == 0) or 0 not in numbers[:-1]
    assert find_in(data, text.encode(), 0, len(data)) == digits.find(text)
