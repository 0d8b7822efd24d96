"""Blocks: N, P and D by definition, divided by the common factor, however they are made."""

import itertools
from math import prod
from threading import Event
from typing import Any

import pytest
from gmpy2 import context, fac, get_context, mpz

from pi_tui.machine import Abandoned, WrongState
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot.boxes import making
from pi_tui.pi.spigot.boxes.blocks import THIN_FROM, Block, common_factor, left_over
from pi_tui.pi.spigot.boxes.making import Made, make_batches, parts_of_block
from pi_tui.pi.spigot.boxes.residue import PRIME
from pi_tui.pi.spigot.series import GOSPER, RABINOWITZ_WAGON, Series, odd_part
from pi_tui.pi.spigot.size import Chain
from tests.pi.spigot.helpers import EVERY_CHAIN


def _chain(series: Series, count: int, boxes: int, k: int = 1) -> Chain:
    """Return a chain of at least `count` blocks, and hardly more."""
    chain = Chain(series, count * boxes * 10**9 // series.boxes_per_billion, k, boxes)
    assert chain.blocks_needed(0) >= count
    return chain


def _make(
    series: Series, count: int, boxes: int, k: int, *, numbers: bool, threads: int = 0
) -> Made:
    """Return the first blocks, made in batches."""
    chain = _chain(series, count, boxes, k)
    step = chain.blocks_per_batch
    batches = [range(first, min(first + step, count)) for first in range(0, count, step)]
    made = make_batches(chain, batches, numbers=numbers, threads=threads)
    return Made(
        [block for batch in made for block in batch.blocks],
        [number for batch in made for number in batch.numbers],
    )


def _q(series: Series, box: int) -> int:
    return series.q(box) if box else series.q_0


def _by_definition(series: Series, first: int, boxes: int) -> tuple[int, int, int]:
    last = first + boxes
    n = sum(
        series.b(j)
        * prod(map(series.p, range(first + 1, j + 1)))
        * prod(_q(series, m) for m in range(j + 1, last))
        for j in range(first, last)
    )
    p = prod(map(series.p, range(first + 1, last + 1)))
    return n, p, prod(_q(series, m) for m in range(first, last))


@EVERY_CHAIN
@pytest.mark.parametrize("boxes", [1, 2, 3, 4, 8, 16, 32, 33, 64, 128, 300, 512])
def test_blocks_equal_their_definition_divided_by_the_common_factor(
    series: Series, boxes: int
) -> None:
    blocks, numbers = _make(series, 5, boxes, 0, numbers=True)
    common = common_factor(series, boxes)
    for index, (block, number) in enumerate(zip(blocks, numbers, strict=True)):
        n, p, d = map(mpz, _by_definition(series, index * boxes, boxes))
        assert number * common == n
        assert (block.factor << block.shift) * common == p
        assert block.divisor * common == d
        assert block.factor_residue == p // common % PRIME
        assert block.denominator_residue == d // common % PRIME


@EVERY_CHAIN
def test_last_blocks_of_a_long_run_equal_their_definition(series: Series) -> None:
    """Their numbers are the longest; one too long for its field would spill into the next."""
    chain = _chain(series, 2**20, 64)
    last = chain.blocks_needed(0)
    batch = range(last - 3, last)
    (made,) = make_batches(chain, [batch], numbers=True)
    common = common_factor(series, 64)
    for index, block, number in zip(batch, made.blocks, made.numbers, strict=True):
        n, p, d = map(mpz, _by_definition(series, index * 64, 64))
        assert number * common == n
        assert (block.factor << block.shift) * common == p
        assert block.divisor * common == d


@EVERY_CHAIN
def test_series_rest_of_h_factorial_divides_products_of_h_consecutive_p_or_q(
    series: Series,
) -> None:
    """By brute force, for the factors of blocks of up to 512 boxes."""
    for half in range(1, 257):
        rest = series.rest(fac(half))
        for first in (1, 2, 3, 7, half, 1_000, 65_536 - half // 2):
            assert prod(map(series.p, range(first, first + half))) % rest == 0
            assert prod(map(series.q, range(first, first + half))) % rest == 0


@EVERY_CHAIN
@pytest.mark.parametrize("boxes", [*range(1, 257, 15), 128, 129, 200, 255, 300])
def test_common_factor_divides_n_p_and_d_of_blocks_that_begin_at_every_seventh_box_to_56(
    series: Series, boxes: int
) -> None:
    """Check products of p's and q's as boxes add them to N; then check N, P and D themselves."""
    common = common_factor(series, boxes)
    assert (common > 1) == (boxes >= 2 * THIN_FROM)
    for first in range(0, 60, 7):
        for j in range(0, boxes + 1, 3):
            mixed = prod(map(series.p, range(first + 1, first + j + 1)))
            mixed *= prod(_q(series, m) for m in range(first + j + 1, first + boxes))
            assert mixed % common == 0
        for product in _by_definition(series, first, boxes):
            assert product % common == 0


@EVERY_CHAIN
def test_common_factor_of_2h_boxes_is_that_of_h_boxes_squared_times_left_over_of_h(
    series: Series,
) -> None:
    for boxes in (2 * THIN_FROM, 256, 4_096):
        half = boxes // 2
        assert common_factor(series, half) ** 2 * left_over(series, half) == common_factor(
            series, boxes
        )


def test_common_factor_of_textbook_series_equals_that_of_version_1() -> None:
    """Numbers that version 1 saved are divided by it."""
    for boxes, half, quarter in ((64, 1, 1), (128, 64, 1), (300, 150, 75), (512, 256, 128)):
        expected = odd_part(fac(half)) * odd_part(fac(quarter if quarter >= 64 else 1))
        expected *= odd_part(fac(64)) if boxes == 512 else 1
        assert common_factor(RABINOWITZ_WAGON, boxes) == expected


def test_only_the_first_block_has_its_denominator_multiplied_by_r() -> None:
    plain, times_r = (_make(GOSPER, 2, 32, k, numbers=False).blocks for k in (0, 3))
    assert times_r[0].divisor == 1_000 * plain[0].divisor
    assert times_r[0].denominator_residue == plain[0].denominator_residue
    assert times_r[1] == plain[1]


def test_blocks_made_without_n_have_the_same_p_and_d_as_blocks_made_with_n() -> None:
    with_numbers = _make(GOSPER, 9, 64, 1, numbers=True)
    without = _make(GOSPER, 9, 64, 1, numbers=False)
    assert without.blocks == with_numbers.blocks
    assert without.numbers == []


@EVERY_CHAIN
@pytest.mark.parametrize("boxes", [1, 4_096, 65_536])
def test_blocks_are_the_same_with_0_to_3_threads_and_with_short_and_long_stretches(
    series: Series, boxes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large blocks are joined from several stretches; blocks of one box do not fill a stretch."""
    made = _make(series, 3, boxes, 1, numbers=True)
    monkeypatch.setattr(making, "STRETCH", 1_024)
    monkeypatch.setattr(size_module, "BATCH", 4_096)
    for threads in (1, 2, 3):
        assert _make(series, 3, boxes, 1, numbers=True, threads=threads) == made


@EVERY_CHAIN
@pytest.mark.parametrize("threads", [2, 3, 8])
def test_block_made_by_all_threads_equals_block_made_by_one(series: Series, threads: int) -> None:
    polls: set[tuple[int, int]] = set()
    chain = _chain(series, 3, 65_536)
    for number in range(2):
        batch = [range(number, number + 1)]
        (alone,) = make_batches(chain, batch, numbers=True)
        (made,) = make_batches(
            chain, batch, numbers=True, threads=threads, poll=lambda *at: polls.add(at)
        )
        assert made == alone
    assert parts_of_block(chain, threads) >= 2
    assert all(done <= todo for done, todo in polls)


@pytest.mark.parametrize("bad", range(6))
def test_wrong_product_in_block_made_by_all_threads_raises_wrong_state(
    bad: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four parts are joined by four products, then two; any of them may be the wrong one."""
    calls = itertools.count()

    def wrong(a: mpz, b: mpz) -> mpz:
        long = a.bit_length() + b.bit_length() > 50_000
        return a * b + (long and next(calls) == bad)

    monkeypatch.setattr(making, "STRETCH", 1_024)
    monkeypatch.setattr(making, "mul", wrong)
    with pytest.raises(WrongState, match="miscalculates"):
        make_batches(_chain(GOSPER, 400, 4_096), [range(399, 400)], numbers=True, threads=4)
    assert next(calls) > bad


def test_wrong_product_while_making_blocks_raises_wrong_state(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(making, "STRETCH", 256)

    def wrong(a: mpz, b: mpz) -> mpz:
        return a * b + (a.bit_length() > 2_000)

    monkeypatch.setattr(making, "mul", wrong)
    with pytest.raises(WrongState, match="miscalculates"):
        _make(GOSPER, 2, 1_024, 1, numbers=True)


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_making_blocks_can_be_cancelled_at_the_first_poll_and_at_later_ones(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "STRETCH", 64)
    monkeypatch.setattr(size_module, "BATCH", 640)
    stretch, is_cancelled = making._stretch, Event()

    def late(*arguments: Any) -> making.Parts:
        """Wait for the poll that cancels; else the threads might finish before it."""
        assert is_cancelled.wait(60)
        return stretch(*arguments)

    if threads:
        monkeypatch.setattr(making, "_stretch", late)
    for at in [0, 1, 2, 9] if threads == 0 else [0, 1]:
        polls = 0
        is_cancelled.clear()

        def poll(done: int, total: int, at: int = at) -> None:
            nonlocal polls
            polls += 1
            assert 0 <= done <= total == 40
            if polls > at:
                is_cancelled.set()
                raise Abandoned

        chain = _chain(GOSPER, 400, 64)
        batches = [range(first, first + 10) for first in range(0, 400, 10)]
        with pytest.raises(Abandoned):
            make_batches(chain, batches, numbers=True, threads=threads, poll=poll)


@pytest.mark.parametrize(("boxes", "threads"), [(3, 0), (64, 0), (2_048, 0), (65_536, 2)])
def test_making_blocks_leaves_gmpy2_context_of_caller_unchanged(boxes: int, threads: int) -> None:
    count = 1 if threads else 3  # one block is made by all threads together
    for release in (False, True):
        with context(get_context(), allow_release_gil=release):
            _make(GOSPER, count, boxes, 1, numbers=True, threads=threads)
            assert get_context().allow_release_gil == release


def test_block_step_returns_quotient_and_remainder_of_one_division_by_d() -> None:
    block = Block(mpz(3), 2, mpz(1_001), 0, 12, 1_001)
    assert block.step(mpz(100), mpz(10), mpz(7)) == divmod(mpz(100 * 10 + 7 * 12), 1_001)
