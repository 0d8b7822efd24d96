"""The plan: boxes, iterations and work."""

import itertools
import tracemalloc

import pytest
from gmpy2 import mpz

from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot.plan import plan
from pi_tui.pi.spigot.series import GOSPER, RABINOWITZ_WAGON, SERIES, Series
from pi_tui.pi.spigot.size import Chain
from tests.pi.spigot.helpers import CHAINS, new


@pytest.mark.parametrize("n", [1_000, 1_001, 5_000, 20_000, 100_000, 1_000_000, 100_000_000])
def test_plan_for_1000_digits_or_more_has_at_least_a_dozen_iterations(n: int) -> None:
    assert plan(n).iterations >= 12


@pytest.mark.parametrize("n", [1, 2, 3, 10, 999, 20_000])
def test_run_takes_as_many_iterations_as_planned(n: int) -> None:
    spigot = new(n)
    spigot.finalize()
    assert spigot.i == spigot.size.iterations


def test_plan_keeps_given_digits_per_step() -> None:
    assert plan(20_000, 17).digits_per_step == 17


@pytest.mark.parametrize("series", CHAINS, ids=lambda chain: chain.name)
def test_boxes_needed_never_increase_end_at_the_guard_boxes_and_fit_into_the_blocks(
    series: Series,
) -> None:
    chain = Chain(series, 1_000, 10, 7)
    boxes = [chain.boxes_needed(done) for done in range(200)]
    assert boxes == sorted(boxes, reverse=True)
    assert boxes[-1] == series.guard_boxes
    assert all(chain.blocks_needed(t) * 7 >= boxes[t] for t in range(200))


@pytest.mark.parametrize("series", CHAINS, ids=lambda chain: chain.name)
@pytest.mark.parametrize("n", [1, 10, 1_000])
def test_omitted_boxes_are_worth_less_than_the_last_digit(series: Series, n: int) -> None:
    """All of them, filled to the maximum, are worth less than 10^-24 of the last digit."""
    worth, left_out = mpz(10) ** (n + 50), mpz(0)
    boxes = Chain(series, n, 1, 1).boxes_needed(0)
    for box in range(1, boxes + 500):
        if box >= boxes:
            left_out += worth * series.p(box)  # box times its value is less: b_j < q_j
        worth = worth * series.p(box) // series.q(box)
    assert 10**5 < left_out < 10**26


@pytest.mark.parametrize(("n", "k", "b"), [(1, 1, 1), (1_000, 10, 64), (1_000_000, 50_000, 65_536)])
def test_work_grows_from_zero_to_the_total_by_iterations_that_never_get_larger(
    n: int, k: int, b: int
) -> None:
    chain = Chain(GOSPER, n, k, b)
    work = [chain.work_of_steps(done) for done in range(chain.iterations + 1)]
    steps = [after - before for before, after in itertools.pairwise(work)]
    assert (work[0], work[-1]) == (0, chain.work_of_steps(10**9))
    assert all(step > 0 for step in steps)
    assert all(later <= step * 1.000001 for step, later in itertools.pairwise(steps))


def test_work_of_a_billion_steps_is_known_without_a_list_of_them() -> None:
    chain = Chain(GOSPER, 10**9, 1, 2**22)
    tracemalloc.start()
    whole, half = chain.work_of_steps(10**9 + 2), chain.work_of_steps(5 * 10**8)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6
    assert whole / 2 < half < whole
    last = [chain.work_of_steps(done) for done in range(10**9 - 10, 10**9 + 3)]
    assert last == sorted(last)


def test_interpolated_work_of_many_steps_is_near_the_exact_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exact, rough = Chain(GOSPER, 4_000, 1, 64), Chain(GOSPER, 4_000, 1, 64)
    wanted = [exact.work_of_steps(done) for done in range(4_003)]
    Chain._work_table.cache_clear()
    monkeypatch.setattr(size_module, "WORK_POINTS", 500)
    told = [rough.work_of_steps(done) for done in range(4_003)]
    Chain._work_table.cache_clear()
    assert told == pytest.approx(wanted, rel=0.01)
    assert told == sorted(told)


@pytest.mark.parametrize("n", [1, 10, 999, 1_000, 20_000, 99_999, 100_000, 10_000_000])
def test_planned_boxes_per_block_are_a_power_of_two_and_no_fewer_than_in_a_leaf(n: int) -> None:
    for series in SERIES.values():
        boxes = plan(n, series=series).boxes_per_block
        assert boxes >= series.leaf
        assert boxes.bit_count() == 1


def test_plan_of_a_million_digits_has_larger_blocks_in_rabinowitz_wagon_than_in_arctan() -> None:
    assert plan(10**6).boxes_per_block < plan(10**6, series=RABINOWITZ_WAGON).boxes_per_block


def test_twice_the_digits_never_get_smaller_steps_or_blocks() -> None:
    plans = [plan(2**power) for power in range(27)]
    for small, large in itertools.pairwise(plans):
        assert small.digits_per_step <= large.digits_per_step
        assert small.boxes_per_block <= large.boxes_per_block


def test_plan_has_at_most_100_digits_per_step_for_20000_and_4000_for_100000() -> None:
    assert plan(20_000).digits_per_step <= 100
    assert plan(100_000).digits_per_step <= 4_000


@pytest.mark.parametrize(
    ("n", "share"), [(20_000, 0.34), (100_000, 0.56), (1_000_000, 0.57), (10_000_000, 0.57)]
)
def test_estimated_share_of_making_blocks_is_near_the_measured_one(n: int, share: float) -> None:
    spigot = new(n)
    machine = spigot.work().total - spigot.verifying_work
    steps = sum(chain.work_of_steps(10**9) for chain in spigot.size.chains)
    assert 1 - steps / machine == pytest.approx(share, abs=0.08)


@pytest.mark.parametrize(("n", "share"), [(20_000, 0.16), (1_000_000, 0.25), (10_000_000, 0.24)])
def test_estimated_share_of_verification_is_near_the_measured_one(n: int, share: float) -> None:
    spigot = new(n)
    assert spigot.verifying_work / spigot.work().total == pytest.approx(share, abs=0.04)
