"""Threads: same states as without them, all-or-nothing steps, and no thread left behind."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import inf

import pytest
from gmpy2 import mpz

from pi_tui.machine import Abandoned
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot import spigot as spigot_module
from pi_tui.pi.spigot.boxes import sweep
from pi_tui.pi.spigot.boxes.blocks import Block
from pi_tui.pi.spigot.comparison import reference
from pi_tui.pi.spigot.comparison.reference import first_difference, pi_digits
from pi_tui.pi.spigot.pool import Stopped, gather
from pi_tui.pi.spigot.spigot import AT_ONCE, Spigot
from tests.pi.spigot.helpers import new, ready, states


@pytest.fixture(autouse=True)
def threads_for_small_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make runs of hundreds of digits use threads, as millions do; check that no thread is left."""
    monkeypatch.setattr(spigot_module, "ALONE", 0)
    monkeypatch.setattr(size_module, "BATCH", 64)
    monkeypatch.setattr(sweep, "ALONE", 0)
    monkeypatch.setattr(reference, "_ALONE", 0)
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before  # one of another test may end meanwhile


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("n", "k", "b"), [(300, 10, 32), (700, 31, 64), (60, 1, 1)])
def test_stride_in_threads_ends_only_in_states_that_single_steps_reach(
    n: int, k: int, b: int, threads: int, pi: bytes
) -> None:
    every = states(n, k, b)
    spigot = ready(n, k, b, threads=threads)
    while not spigot.done:
        before = spigot.i
        spigot.stride(inf)
        assert before < spigot.i <= before + threads * AT_ONCE
        assert spigot.snapshot() == every[spigot.i]
        spigot.check()
    assert spigot.output == pi[:n]
    spigot.stride(inf)
    assert spigot.snapshot() == every[-1]


def test_stride_does_only_one_iteration_if_fewer_digits_are_wanted_than_a_wave_makes() -> None:
    spigot = ready(400, 10, 16, threads=2)
    for wanted, iterations in ((0, 1), (39, 1), (40, 4), (inf, 4)):
        before = spigot.i
        spigot.stride(wanted)
        assert spigot.i == before + iterations


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_run_continues_with_1_2_or_4_threads(threads: int, pi: bytes) -> None:
    for state in states(500, 12, 32)[:-1:5]:
        spigot = Spigot(state, threads)
        assert spigot.snapshot() == state
        assert spigot.finalize() == pi[:500]


def test_resumed_run_keeps_the_size_of_step_and_block_of_its_state(pi: bytes) -> None:
    """Happens when a run that was begun elsewhere with another plan is resumed here."""
    state = states(400, 9, 16)[20]
    spigot = Spigot(state, threads=2)
    assert (spigot.size.digits_per_step, spigot.size.boxes_per_block) == (9, 16)
    assert spigot.finalize() == pi[:400]


def test_sweeps_in_threads_cancelled_at_any_block_leave_the_state_unchanged(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When poll raises, the threads have done exactly `at` blocks and wait before the next one."""
    spigot = ready(400, 20, 32, threads=3)
    spigot.stride(inf)
    before, plain = spigot.snapshot(), Block.step
    totals: list[int] = []
    Spigot(before, threads=3).stride(inf, lambda _, total: totals.append(total))
    for at in range(totals[0]):
        gate = threading.Semaphore(at)

        def gated(
            block: Block, number: mpz, radix: mpz, carry: mpz, gate: threading.Semaphore = gate
        ) -> tuple[mpz, mpz]:
            assert gate.acquire(timeout=60)
            return plain(block, number, radix, carry)

        def poll(done: int, _: int, at: int = at, gate: threading.Semaphore = gate) -> None:
            if done == at:
                gate.release(1_000)
                raise Abandoned

        monkeypatch.setattr(Block, "step", gated)
        with pytest.raises(Abandoned):
            spigot.stride(inf, poll)
        assert spigot.snapshot() == before
    monkeypatch.setattr(Block, "step", plain)
    assert spigot.finalize() == pi[:400]


def test_sweeps_without_threads_cancelled_at_any_block_leave_the_state_unchanged(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "ALONE", 10**9)
    spigot = ready(400, 20, 32, threads=3)
    spigot.stride(inf)
    before, polls = spigot.snapshot(), 0
    spigot_of_all = Spigot(before, threads=3)

    def count(done: int, total: int) -> None:
        nonlocal polls
        assert done == polls < total
        polls += 1

    spigot_of_all.stride(inf, count)
    for at in range(polls):

        def poll(done: int, _: int, at: int = at) -> None:
            if done == at:
                raise Abandoned

        with pytest.raises(Abandoned):
            spigot.stride(inf, poll)
        assert spigot.snapshot() == before
    assert spigot.finalize() == pi[:400]


def test_poll_runs_in_the_calling_thread_only() -> None:
    seen = set()

    def poll(done: int, total: int) -> None:
        assert 0 <= done <= total
        seen.add(threading.current_thread())

    spigot = new(400, k=20, b=32, threads=3)
    spigot.finalize(poll)
    first_difference(bytes(spigot.output), poll)
    assert seen == {threading.current_thread()}


def test_error_in_a_thread_reaches_the_caller_and_changes_nothing() -> None:
    spigot = ready(400, 20, 32, threads=3)
    before = spigot.snapshot()
    sound = spigot._rows.blocks[5]
    assert isinstance(sound, Block)
    spigot._rows.blocks[5] = replace(sound, divisor=mpz(0))
    with pytest.raises(ZeroDivisionError):
        spigot.stride(inf)
    spigot._rows.blocks[5] = sound
    assert spigot.snapshot() == before


def test_first_error_stops_the_other_jobs() -> None:
    def endless(check: object) -> None:
        assert callable(check)
        while True:
            check()

    def failing(check: object) -> None:
        raise KeyError("first")

    with pytest.raises(KeyError, match="first"):
        gather([endless, endless, failing], 3, lambda done: None)


def test_jobs_wait_in_their_calls_of_check_while_the_callback_watch_of_gather_blocks() -> None:
    """This is how a pause works: no thread computes until the user resumes."""
    done, waiting, released = [0, 0], threading.Semaphore(0), threading.Event()

    def job(check: object, number: int) -> None:
        assert callable(check)
        while not released.is_set():
            waiting.release()
            check()
            done[number] += 1

    looks = 0

    def watch(_: int) -> None:
        nonlocal looks
        looks += 1
        if looks == 5:
            while waiting.acquire(timeout=1.0):  # until both wait at a check
                pass
            before = list(done)
            assert not waiting.acquire(timeout=0.2)
            assert done == before
            released.set()

    gather([partial(job, number=0), partial(job, number=1)], 2, watch)
    assert looks >= 5


def test_every_job_of_2000_runs_once_in_eight_threads() -> None:
    taken: list[int] = []
    jobs = [lambda check, number=number: taken.append(number) for number in range(2_000)]
    gather(jobs, 8, lambda done: None)
    assert sorted(taken) == list(range(2_000))


def test_results_are_in_job_order_with_0_1_2_5_or_20_threads() -> None:
    for threads in (0, 1, 2, 5, 20):
        jobs = [lambda check, number=number: number for number in range(9)]
        assert gather(jobs, threads, lambda done: None) == list(range(9))


def test_stopped_job_does_not_hide_the_first_error() -> None:
    begun = threading.Event()

    def wait(check: object) -> None:
        assert callable(check)
        begun.set()
        while True:
            check()

    def watch(done: int) -> None:
        if begun.is_set():
            raise Abandoned

    with pytest.raises(Abandoned) as caught:
        gather([wait, wait], 2, watch)
    assert not isinstance(caught.value.__context__, Stopped)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_reference_digits_are_right_with_1_2_or_3_threads(threads: int, pi: bytes) -> None:
    for n in (1, 20, 5_000):
        assert pi_digits(n, threads=threads) == pi[:n]


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_all_work_is_done_if_fewer_threads_than_wanted_can_start_or_none(
    allowed: int, pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, left = threading.Thread.start, allowed

    def start_some(thread: threading.Thread) -> None:
        nonlocal left
        if not left:
            raise RuntimeError("can't start new thread")
        left -= 1
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_some)
    spigot = ready(700, 31, 64, threads=4)
    while not spigot.done:
        left = allowed
        spigot.stride(inf)
        spigot.check()
    assert spigot.output == pi[:700]
