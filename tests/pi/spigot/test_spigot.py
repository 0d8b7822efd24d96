"""The spigot: equal to the textbook, right to the last digit, resumable after every step."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from gmpy2 import mpz

from pi_tui.machine import Abandoned, BadState, WrongState
from pi_tui.pi.spigot.boxes.sweep import super_digits
from pi_tui.pi.spigot.predigit import settle
from pi_tui.pi.spigot.series import ARCTAN, GOSPER, RABINOWITZ_WAGON, Series
from pi_tui.pi.spigot.size import Size
from pi_tui.pi.spigot.spigot import Spigot
from pi_tui.pi.spigot.state import SpigotState
from tests.pi.spigot.conftest import mpmath_digits
from tests.pi.spigot.helpers import EVERY_SERIES, new, ready, release, states
from tests.pi.spigot.textbook import BASES, Textbook


@EVERY_SERIES
@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 150])
def test_blocks_of_one_box_equal_the_textbook_after_every_iteration(n: int, series: Series) -> None:
    size = Size(series, n, 1, 1)  # B = 1 for two chains as well: enough for these n
    spigot = Spigot(SpigotState.at_start(size))
    while spigot.missing:
        spigot.step()
    textbook = Textbook(size.counts(0), BASES[series.name])
    while not spigot.done:
        spigot.step()
        textbook.step()
        for row, count in zip(textbook.rows, size.counts(spigot.i), strict=True):
            del row[count:]  # the tail that no longer matters
        state = spigot.snapshot()
        assert list(state.boxes) == [box for row in textbook.rows for box in row]
        assert (state.i, state.nines) == (textbook.i, textbook.nines)
        assert state.predigit == textbook.predigit
        assert ("3" + state.result.decode())[: len(textbook.digits)] == textbook.digits[: n + 1]


@EVERY_SERIES
def test_runs_of_1_to_2000_digits_get_every_digit_right(series: Series, pi: bytes) -> None:
    wrong = [n for n in range(1, 2_001) if new(n, series=series).finalize() != pi[:n]]
    assert wrong == []


@EVERY_SERIES
@pytest.mark.parametrize("b", [1, 2, 3, 16, 100, 512])
@pytest.mark.parametrize("k", [1, 2, 3, 7, 40, 200])
def test_every_series_with_steps_and_blocks_of_six_sizes_each_makes_the_same_digits(
    k: int, b: int, series: Series, pi: bytes
) -> None:
    for n in (1, 2, 5, 8, 14, 20, 31, 48, 99):
        assert new(n, k, b, series).finalize() == pi[:n]


@EVERY_SERIES
@pytest.mark.parametrize(("k", "b"), [(None, None), (500, 1_000), (2_500, 4_096), (9_999, 8_192)])
def test_spigot_equals_mpfr_in_100_000_digits(
    k: int | None, b: int | None, series: Series, pi: bytes
) -> None:
    assert new(100_000, k, b, series).finalize() == pi


def test_mpfr_and_mpmath_give_equal_first_100_000_digits(pi: bytes) -> None:
    assert mpmath_digits(100_000) == pi


def test_digits_released_step_by_step_join_to_the_result(pi: bytes) -> None:
    spigot = new(500, k=7)
    released = b""
    while not spigot.done:
        released += release(spigot)
        assert spigot.output == released == pi[: spigot.count]
    assert released == pi[:500]
    assert release(spigot) == b""


@EVERY_SERIES
@pytest.mark.parametrize(("n", "k", "b"), [(60, 1, 1), (300, 7, 16), (800, 40, 64)])
def test_resume_after_every_iteration_gives_equal_states_and_digits(
    n: int, k: int, b: int, series: Series, pi: bytes
) -> None:
    every = states(n, k, b, series)
    for state, following in itertools.pairwise(every):
        resumed = Spigot(state)
        assert resumed.snapshot() == state
        resumed.step()
        assert resumed.snapshot() == following
        assert resumed.finalize() == pi[:n]
        assert resumed.snapshot() == every[-1]


@EVERY_SERIES
@pytest.mark.parametrize(("n", "k"), [(n, k) for n in range(758, 772) for k in (1, 2, 3)])
def test_run_ending_at_the_six_nines_is_right(n: int, k: int, series: Series, pi: bytes) -> None:
    assert pi[761:767] == b"999999"
    assert new(n, k=k, series=series).finalize() == pi[:n]


@EVERY_SERIES
def test_nines_are_held_until_no_carry_can_come(series: Series) -> None:
    spigot = ready(762, 1, 64, series)
    held = 0
    while not spigot.done:
        spigot.step()
        held = max(held, spigot.nines)
    assert held == 6
    assert spigot.i == 769  # five iterations more than for n digits without nines


@pytest.mark.parametrize(
    ("series", "k", "n", "at", "nines"),
    [
        (RABINOWITZ_WAGON, 1, 60, 33, 0),
        (RABINOWITZ_WAGON, 1, 620, 603, 1),
        (RABINOWITZ_WAGON, 2, 900, 429, 0),
        (GOSPER, 1, 400, 361, 0),
        (GOSPER, 1, 900, 857, 1),
        (GOSPER, 2, 900, 429, 0),
    ],
)
def test_super_digit_equal_to_r_carries_into_predigit_and_held_nines(
    series: Series, k: int, n: int, at: int, nines: int, pi: bytes
) -> None:
    """Single boxes leave a carry behind now and then; here the quotient is R itself."""
    spigot = ready(n, k, 1, series)
    while spigot.i < at - 1:
        spigot.step()
    predigit = spigot.predigit
    assert spigot.nines == nines
    released = release(spigot)
    assert released == b"%0*d" % (k, predigit + 1) + b"0" * (k * nines)
    assert (spigot.predigit, spigot.nines) == (0, 0)
    assert spigot.finalize() == pi[:n]


@pytest.mark.parametrize(("predigit", "quotient"), [(12, 200), (99, 100), (99, 199)])
def test_carry_above_one_or_into_a_predigit_of_nines_raises_wrong_state(
    predigit: int, quotient: int
) -> None:
    """No more than 1 can be added, and not to nines: digits before them are released already."""
    with pytest.raises(WrongState, match="carry is too large"):
        settle(mpz(predigit), 1, mpz(quotient), 2, b"%02d" % predigit)
    assert settle(mpz(98), 1, mpz(199), 2, b"98") == (b"9900", mpz(99), 0)


@pytest.mark.parametrize("text", [b"", b"0099"])
def test_carry_gives_equal_digits_whether_or_not_the_predigit_is_given_as_text_too(
    text: bytes,
) -> None:
    assert settle(mpz(99), 0, mpz(10_001), 4, text) == (b"0100", mpz(1), 0)


def test_two_chains_carry_into_the_predigit_in_about_half_of_all_steps() -> None:
    """Each chain's quotient is below R, their sum often not: a held digit is then 1 too small."""
    spigot, carries = ready(2_000, 10, 64, ARCTAN), 0
    while not spigot.done:
        held = spigot.predigit
        carries += release(spigot)[-10:] == b"%010d" % (held + 1)
    assert 70 < carries < 130


@pytest.mark.parametrize("nines", [0, 1])
@pytest.mark.parametrize("predigit", [0, 4, 8])
def test_super_digits_made_together_settle_like_single_ones(predigit: int, nines: int) -> None:
    """A quotient of R adds one to the quotient before, if both come as one number."""

    def settled(quotients: Sequence[mpz]) -> tuple[bytes, mpz, int]:
        texts, now, held = b"", mpz(predigit), nines
        for quotient in (*quotients, mpz(5)):
            text, now, held = settle(now, held, quotient, 1)
            texts += text
        return texts, now, held

    powers = [mpz(10) ** times for times in range(4)]
    for one_by_one in itertools.product(map(mpz, range(11)), repeat=3):
        together = sum(q * power for q, power in zip(one_by_one, powers[2::-1], strict=True))
        assert settled(super_digits(mpz(together), powers, 3)) == settled(one_by_one)


def test_step_cancelled_at_any_block_leaves_state_unchanged(pi: bytes) -> None:
    spigot = ready(300, 10, 32)
    spigot.step()
    before = spigot.snapshot()
    for at in range(spigot.blocks):

        def poll(done: int, total: int, at: int = at) -> None:
            if done == at:
                raise Abandoned

        with pytest.raises(Abandoned):
            spigot.step(poll)
        assert spigot.snapshot() == before
    assert spigot.finalize() == pi[:300]


def test_step_calls_poll_before_each_block_with_the_blocks_done_and_in_all() -> None:
    swept: list[tuple[int, int]] = []
    spigot = ready(300, 10, 32)
    blocks = spigot.blocks
    spigot.step(lambda *done: swept.append(done))
    assert swept == [(done, blocks) for done in range(blocks)]


def test_exception_raised_by_poll_reaches_the_caller() -> None:
    def poll(done: int, total: int) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        new(300).step(poll)


def test_held_digits_are_the_first_digits_of_the_predigit() -> None:
    spigot = ready(300, 10, 64, GOSPER)
    shown = [spigot.held_digits(4)]
    for _ in range(3):
        spigot.step()
        shown.append(spigot.held_digits(4))
    assert shown == ["", "3", "1415", "8979"]
    assert spigot.held_digits(99) == "8979323846"


def test_blocks_at_the_end_are_dropped_as_digits_are_made() -> None:
    spigot = ready(2_000, 50, 16)
    at_start = spigot.blocks
    while spigot.count < 1_000:
        spigot.step()
    assert spigot.blocks == pytest.approx(at_start / 2, rel=0.1)


def test_spigot_restored_from_a_finished_state_is_done_and_has_all_digits(pi: bytes) -> None:
    spigot = new(500)
    spigot.finalize()
    again = Spigot(spigot.snapshot())
    assert again.done
    assert again.finalize() == pi[:500]


def _a_state() -> SpigotState:
    return states(300, 10, 32)[12]


@pytest.mark.parametrize(
    "change",
    [
        {"i": 13},
        {"i": -1},
        {"nines": 1},
        {"nines": -1},
        {"made": -1},
        {"predigit": mpz(10) ** 10},
        {"predigit": mpz(-1)},
        {"result": b"1415"},
        {"boxes": ()},
        {"boxes": (None,) * 8},
    ],
    ids=str,
)
def test_spigot_refuses_a_state_whose_parts_contradict_each_other(
    change: dict[str, object],
) -> None:
    with pytest.raises(BadState, match="no spigot"):
        Spigot(replace(_a_state(), **change))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"digits": 0},
        {"digits": 301_000},
        {"digits_per_step": 11},
        {"boxes_per_block": 8},
        {"series": RABINOWITZ_WAGON},
    ],
    ids=str,
)
def test_spigot_refuses_a_state_in_which_the_size_was_changed(change: dict[str, object]) -> None:
    state = _a_state()
    with pytest.raises(BadState, match="no spigot"):
        Spigot(replace(state, size=state.size._replace(**change)))  # type: ignore[arg-type]


@pytest.mark.parametrize("box", [mpz(-1), mpz(10) ** 1_000])
def test_box_holding_less_than_0_or_more_than_possible_is_refused(box: mpz) -> None:
    state = _a_state()
    with pytest.raises(BadState, match="box"):
        Spigot(replace(state, boxes=(*state.boxes[:-1], box)))
