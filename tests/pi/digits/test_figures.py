"""The arithmetic behind the screen: search, counts, walk, heat, facts, typed positions."""

from __future__ import annotations

import math
from cmath import exp
from cmath import pi as half_turn

import pytest

from pi_tui.app.frames.rates import RateHistory
from pi_tui.app.talk.answers import explain_place, parse_place
from pi_tui.needle import Needle
from pi_tui.pi.app.screens.digit_answers import (
    explain_digits,
    explain_range,
    parse_range,
)
from pi_tui.pi.digits import facts, walk
from pi_tui.pi.digits.chance import chance
from pi_tui.pi.digits.dates import card, look
from pi_tui.pi.digits.digit_lines import GROUP, DigitLines
from pi_tui.pi.digits.statistics import CHUNK, DigitCounts, chi_square
from pi_tui.pi.digits.walk import Walk
from pi_tui.pi.forecast import forecast
from pi_tui.pi.pictures.layout import levels
from tests.helpers import pi

FAR = 1_750_000
"""Digits computed for the tests, enough for most facts; mpmath takes two seconds for them."""


@pytest.mark.parametrize("text", ["7", "99", "999", "1212", "141592", "26535"])
def test_search_counts_every_hit_in_digits_that_come_in_parts_of_777(text: str) -> None:
    digits = pi(20_000)
    hits = [at for at in range(len(digits)) if digits.startswith(text.encode(), at)]
    needle = Needle(text)
    for stop in (*range(0, 20_000, 777), 20_000):
        needle.feed(digits, stop)
    assert needle.hits == len(hits)


def test_next_and_previous_hit_wrap_around() -> None:
    digits, needle = pi(20_000), Needle("314")
    hits = [at for at in range(len(digits)) if digits.startswith(b"314", at)]
    at, found = -1, []
    for _ in hits:
        at = needle.next_after(digits, at, len(digits)) or 0
        found.append(at)
    assert found == hits
    assert needle.next_after(digits, at, len(digits)) == hits[0]
    back = []
    for _ in hits:
        back.append(at)
        at = needle.last_before(digits, at, len(digits)) or 0
    assert back == hits[::-1]
    assert at == hits[-1]
    assert [needle.number_of(digits, hit) for hit in hits] == list(range(1, len(hits) + 1))


def test_next_and_previous_hit_are_none_if_there_is_no_hit() -> None:
    needle = Needle("0000000")
    assert needle.next_after(pi(1_000), 0, 1_000) is None
    assert needle.last_before(pi(1_000), 900, 1_000) is None


def test_chance_of_a_string_equals_that_in_random_digits() -> None:
    assert chance(1, 1) == pytest.approx(0.1)
    assert chance(2, 100) == pytest.approx(1 - 0.99**99)
    assert chance(6, 10**6) == pytest.approx(1 - math.exp(-1), rel=1e-4)


def test_digits_counted_in_pieces_have_the_same_counts_as_all_digits_together() -> None:
    digits, counts = pi(20_000), DigitCounts()
    for stop in (10, 11, 5_000, 20_000):
        assert not counts.feed(digits, stop)
    assert counts.counts == [digits.count(b"%d" % digit) for digit in range(10)]
    assert 1 < chi_square(counts.counts) < 30


def test_digits_of_two_and_a_half_chunks_are_counted_in_three_calls() -> None:
    counts, steps = DigitCounts(), 1
    digits = b"0123456789" * (CHUNK // 4)
    while counts.feed(digits, len(digits)):
        steps += 1
    assert steps == 3
    assert chi_square(counts.counts) == 0


def test_points_of_the_walk_follow_the_digits_of_pi() -> None:
    path, here = Walk(), 0j
    path.feed(pi(1_000), 1_000)
    for digit, point in zip(pi(1_000), path.points[1:], strict=True):
        here += exp(2j * half_turn * (digit - 48) / 10)
        assert abs(point - here) < 1e-9


def test_walk_of_many_digits_has_few_points_and_ends_at_the_sum_of_all_its_steps() -> None:
    digits, path = pi(300_000), Walk()
    while path.feed(digits, len(digits)):
        pass
    steps = [exp(2j * half_turn * digit / 10) for digit in range(10)]
    end = sum(digits[: path.walked].count(b"%d" % d) * steps[d] for d in range(10))
    assert len(path.points) <= walk.CAPACITY
    assert path.walked > len(digits) - path.stride
    assert abs(path.points[-1] - end) < 1e-6


def test_heat_map_levels_of_many_digits_look_random() -> None:
    made = levels(pi(100_000), 100)
    assert len(made) == 1_000
    middle = sum(level in (3, 4, 5) for level in made)
    assert 600 < middle < 720  # within one and a half levels: 0.94 standard deviations, 65 %
    assert set(levels(pi(1_000), 1)) == set(range(10))


def test_facts_within_1_750_000_digits_are_each_reported_once_and_first_times_are_true() -> None:
    digits = pi(FAR)
    known = [fact for fact in facts.FACTS if fact.end <= FAR]
    told: list[facts.Fact] = []
    for start in range(0, FAR, 1_000):
        told += facts.reached(digits, start, start + 1_000)
    assert told == known
    assert len(known) >= 18
    for fact in known:
        if "first time" in fact.saying or "first 0" in fact.saying:
            assert digits.find(fact.text.encode()) == fact.position - 1


def test_fact_that_the_first_digits_add_up_to_666_has_the_right_position() -> None:
    (fact,) = (fact for fact in facts.FACTS if fact.saying.endswith("add up to 666."))
    assert sum(digit - 48 for digit in pi(fact.position)) == 666
    assert f"The first {fact.position} digits" in fact.saying


@pytest.mark.parametrize(("length", "word"), [(2, "two"), (3, "three"), (4, "four")])
def test_fact_about_the_last_string_of_2_3_or_4_digits_to_occur_has_the_right_position(
    length: int, word: str
) -> None:
    (fact,) = (fact for fact in facts.FACTS if f"of {word} digits has" in fact.saying)
    end = fact.end
    seen = {pi(end)[at : at + length] for at in range(end - length + 1)}
    assert len(seen) == 10**length
    assert len({pi(end - 1)[at : at + length] for at in range(end - length)}) == 10**length - 1


def test_facts_are_reported_only_if_their_digits_are_at_their_position() -> None:
    assert not list(facts.reached(b"1" * 1_000, 0, 1_000)) or all(
        set(fact.text) == {"1"} for fact in facts.reached(b"1" * 1_000, 0, 1_000)
    )


@pytest.mark.parametrize("width", [20, 40, 57, 80, 119, 126, 200])
@pytest.mark.parametrize("digits", [5, 20_000, 100_000_000])
def test_digit_lines_fit_their_width_and_columns_map_back_to_digits(
    width: int, digits: int
) -> None:
    lines = DigitLines.fitting(width, digits)
    for index in range(lines.per_line):
        column = lines.left + index + index // GROUP
        assert lines.digits_before(column) == index
        assert lines.digits_before(column + 1) == index + 1
    assert lines.groups == 1 or column < width


@pytest.mark.parametrize("text", ["0", "1001", "-3", "abc", "", "101%", "-1%", "nan%", "1e999"])
def test_invalid_positions_are_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        parse_place(text, 1_000)


@pytest.mark.parametrize("text", ["2000000", "2,000,000", "2e6", " 1000001 "])
def test_message_about_a_position_beyond_the_last_digit_states_the_number_of_digits(
    text: str,
) -> None:
    is_there, told = explain_place(text, 1_000_000, "digits")
    assert not is_there
    assert told.startswith("there are 1,000,000 digits so far, so no position ")


@pytest.mark.parametrize("text", ["", "0", "-3", "abc", "101%", "1e999"])
def test_text_that_is_no_position_is_refused_with_examples_of_positions(text: str) -> None:
    is_there, told = explain_place(text, 1_000_000, "digits")
    assert not is_there
    assert told == "a position from 1 to 1,000,000, like 762, 1e6, 50% or end"


def test_feynman_point_is_the_first_place_of_at_least_four_equal_digits() -> None:
    fact = next(fact for fact in facts.FACTS if "Feynman" in fact.saying)
    digits = pi(1_000)
    runs = [b"%d" % digit * 4 for digit in range(10)]
    assert min(at for run in runs if (at := digits.find(run)) >= 0) == fact.position - 1


def test_saying_of_every_fact_in_facts_has_at_most_50_characters() -> None:
    assert max(len(fact.saying) for fact in facts.FACTS) <= 50


def test_typed_range_includes_its_first_and_last_position() -> None:
    assert parse_range("1-1000", 1_000) == (0, 1_000)
    assert parse_range("1,000-1,000", 1_000) == (999, 1_000)
    assert parse_range("..10", 1_000) == (0, 10)


@pytest.mark.parametrize("text", ["20-10", "5"])
def test_typed_range_that_is_reversed_or_one_number_is_rejected(text: str) -> None:
    assert not explain_range(text, 1_000)[0]


def test_forecast_of_time_and_memory_never_falls_as_the_digits_grow() -> None:
    sizes = (100, 1_000, 50_000, 10**6, 10**7, 10**8, 10**9)
    for measure in (lambda n: forecast(n, 2).seconds, lambda n: forecast(n, 1).memory):
        estimates = [measure(n) for n in sizes]
        assert estimates == sorted(estimates)


def test_explain_digits_tells_the_memory_needed_and_rejects_impossible_numbers() -> None:
    assert explain_digits("1e6")[0]
    assert "--memory 0.9G" in explain_digits("100 million", 5 * 10**8)[1]
    for text in ("0", "abc", "1e12", ""):
        assert not explain_digits(text)[0]


def test_rate_history_covers_the_whole_run_in_bounded_memory() -> None:
    history, now = RateHistory(interval=1.0, capacity=16), 0.0
    for now in range(1_000):
        history.feed(float(now), 5.0)
    assert len(history.samples) < 16
    assert history.span == pytest.approx(now, rel=0.2)
    assert set(history.columns(10)) == {5.0}


def test_first_moments_after_a_pause_are_not_sampled_as_speed() -> None:
    history = RateHistory(interval=1.0)
    for began in (0.0, 10.0):
        for quarter in range(13):
            history.feed(began + quarter / 4, 999.0 if quarter <= 4 else 5.0)
        history.rest()
    assert history.samples == [5.0] * 4


def test_self_locating_numbers_are_found_in_parts_of_7_999_1_000_or_60_000_digits() -> None:
    digits = bytearray(pi(FAR)[:60_000])
    digits[50_000:50_005] = b"50001"
    plain = [at for at in range(10, 60_001) if digits[at - 1 : at - 1 + len(str(at))] == b"%d" % at]
    assert plain == [16_470, 44_899, 50_001]
    for size in (7, 999, 1_000, 60_000):
        found: list[int] = []
        for start in range(0, 60_000, size):
            stop = min(60_000, start + size)
            found += (fact.position for fact in facts.self_locating(digits, start, stop))
        assert found == plain
    told = [fact for fact in facts.reached(digits, 49_000, 51_000) if fact.position == 50_001]
    assert [fact.saying for fact in told] == ["Self-locating: 50001 stands at position 50,001."]


@pytest.mark.parametrize("text", ["24121999", "9999999"])
def test_card_of_a_date_that_is_not_found_names_the_date_once(text: str) -> None:
    place = look(text, pi(2_000), 2_000)
    assert place is not None
    lines = card(text, place)
    assert lines[0] == f"{text} is not in the first 2,000 digits of pi."
    assert sum(line.count(text) for line in lines) == 1
