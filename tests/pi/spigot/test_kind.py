"""The spigot as a kind of machine: its methods, its limits, its overture."""

from __future__ import annotations

import random
from math import inf
from typing import Any

import pytest

from pi_tui.machine import Abandoned, BadState, Piece, State, Task, WrongOutput, unwatched
from pi_tui.pi.spigot import size as size_module
from pi_tui.pi.spigot import spigot
from pi_tui.pi.spigot.boxes import sweep
from pi_tui.pi.spigot.comparison import reference
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.pi.spigot.series import GOSPER, RABINOWITZ_WAGON, SERIES
from tests.pi.spigot.helpers import stored

KIND = SpigotKind(threads=2)


def test_new_machine_of_a_task_with_default_parameters_has_no_blocks_yet_and_computes_pi(
    pi: bytes,
) -> None:
    task = KIND.task(2_000)
    assert task.parameters["series"] == "arctan"
    machine = KIND.new(task)
    assert machine.missing == machine.blocks > 0
    assert (machine.steps, machine.output, machine.figures().making) == (0, b"", True)
    assert machine.finalize() == pi[:2_000]


def test_machine_has_the_series_and_the_digits_per_step_that_its_task_names() -> None:
    task = KIND.task(500, 7, RABINOWITZ_WAGON.name)
    size = KIND.new(task).size
    assert (size.series, size.digits_per_step) == (RABINOWITZ_WAGON, 7)
    assert KIND.task(500, 7, GOSPER.name) != task


def test_run_resumed_at_every_step_passes_its_check_and_makes_the_right_digits(pi: bytes) -> None:
    task = KIND.task(3_000)
    machine = KIND.new(task)
    while not machine.done:
        machine.step()
        machine = KIND.from_state(task, stored(machine.to_state()), bytes(machine.output))
        assert machine.notes == ()
        machine.check()
    assert machine.output == pi[:3_000]


def test_from_state_cuts_output_that_is_longer_than_its_state() -> None:
    """Happens when a checkpoint is damaged and the one before is used."""
    task = KIND.task(1_000)
    machine = KIND.new(task)
    while machine.count < 500:
        machine.step()
    state, output = stored(machine.to_state()), bytes(machine.output)
    machine.step()
    again = KIND.from_state(task, state, bytes(machine.output) + b"12345")
    assert again.output == output
    again.check()


def test_from_state_notes_how_many_lost_blocks_must_be_made_again() -> None:
    task = KIND.task(1_000)
    machine = KIND.new(task)
    while machine.count < 500:
        machine.step()
    state = stored(machine.to_state())
    del state.pieces["b0"]
    again = KIND.from_state(task, state, bytes(machine.output))
    in_first_batch = machine.size.counts(machine.i)[0]
    assert again.notes == (f"lost saved blocks are made again: {in_first_batch}",)


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"series": "euler"},
        {"series": 7},
        {"digits_per_step": 0},
        {"digits_per_step": "7"},
        {"digits_per_step": 10**11},
        {"boxes_per_block": -1},
        {"boxes_per_block": 15},
        {"boxes_per_block": 2**27},
        {"boxes_per_block": 2**62},
    ],
    ids=str,
)
def test_limits_and_new_refuse_an_invalid_task(parameters: dict[str, Any]) -> None:
    good = KIND.task(100).parameters
    task = Task(100, {**good, **parameters} if parameters else {})
    for wanted in (KIND.limits, KIND.new):
        with pytest.raises(BadState, match="task"):
            wanted(task)


def test_new_refuses_a_task_with_more_blocks_than_are_allowed() -> None:
    task = KIND.task(12_000_000, series=GOSPER.name)
    with pytest.raises(BadState, match="task"):
        KIND.new(Task(task.goal, {**task.parameters, "boxes_per_block": 1}))


def test_limits_accepts_tasks_of_every_series_with_1_a_million_or_a_billion_digits() -> None:
    for series in SERIES:
        for digits in (1, 10**6, 10**9):
            KIND.limits(KIND.task(digits, series=series))
            KIND.limits(KIND.task(digits, 10**7, series))


def test_limits_of_5000_digits_exceed_the_size_of_every_state_of_that_run() -> None:
    task = KIND.task(5_000)
    machine, most = KIND.new(task), 0
    while not machine.done:
        machine.step()
        pieces = machine.to_state().pieces.values()
        most = max(most, sum(len(piece.read()) for piece in pieces))
    limits = KIND.limits(task)
    assert most < limits.state < 5 * most
    assert limits.output == KIND.length(task) == 5_000


def test_kind_accepts_only_digits_as_output() -> None:
    assert KIND.accepts(b"")
    assert KIND.accepts(b"0123456789")
    for wrong in (b"12a", b"-1", b"1_000", b" 1", "٣".encode()):
        assert not KIND.accepts(wrong)


def test_verify_names_the_first_wrong_digit(pi: bytes) -> None:
    task = KIND.task(1_000)
    assert KIND.verify(task, pi[:1_000])
    wrong = bytearray(pi[:1_000])
    wrong[700] ^= 1
    with pytest.raises(WrongOutput, match="digit 701") as caught:
        KIND.verify(task, wrong)
    assert caught.value.good == 700


@pytest.mark.parametrize(
    ("digits", "k", "series"),
    [(2_000, 10, "gosper"), (300, 1, "rabinowitz-wagon"), (9_000, 300, "arctan")],
)
def test_share_computed_from_steps_and_output_length_equals_the_share_in_work_of_the_machine(
    digits: int, k: int, series: str
) -> None:
    kind = SpigotKind()
    task = kind.task(digits, k, series)
    spigot, last = kind.new(task), 0.0
    while not spigot.done:
        spigot.step()
        share = kind.share(task, spigot.steps, len(spigot.output))
        done, total = spigot.work()
        assert share == pytest.approx(done / total)
        assert share >= last
        last = share
    assert last == pytest.approx(1 - spigot.verifying_work / spigot.work().total)


@pytest.mark.parametrize(
    ("digits", "k", "again"), [(2_000, 10, 0), (9_010, 300, 0), (9_010, 300, 5), (800, 1, 0)]
)
def test_iterations_counted_from_steps_are_right_even_if_blocks_were_made_again(
    digits: int, k: int, again: int
) -> None:
    kind = SpigotKind()
    task = kind.task(digits, k)
    spigot = kind.new(task)
    while not spigot.done:
        spigot.step()
        known, told = spigot.figures(), kind.figures(task, spigot.steps + again, len(spigot.output))
        if len(spigot.output) or not again:
            assert (told.iteration, told.iterations) == (known.iteration, known.iterations)


def test_overture_gives_first_digits_of_long_runs_only_and_can_be_abandoned(pi: bytes) -> None:
    assert KIND.overture(KIND.task(10**7)) == pi[:20_000]
    assert KIND.overture(KIND.task(10**5)) == pi[:2_000]
    assert KIND.overture(KIND.task(49)) == b""

    def poll(done: int, parts: int) -> None:
        raise Abandoned

    with pytest.raises(Abandoned):
        KIND.overture(KIND.task(10**7), poll)


@pytest.mark.parametrize("seed", range(30))
def test_digits_are_right_and_work_never_falls_under_random_interruptions(
    seed: int, pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Steps, strides, cancelling polls, resumes with other threads, lost pieces."""
    chance = random.Random(seed)
    monkeypatch.setattr(size_module, "BATCH", chance.choice([64, 256, 65_536]))
    monkeypatch.setattr(sweep, "ALONE", chance.choice([0, 10**9]))
    monkeypatch.setattr(spigot, "ALONE", chance.choice([0, 10**9]))
    series, n, k = chance.choice([*SERIES.values()]), chance.randint(1, 900), chance.randint(1, 60)
    b = chance.choice([1, 3, 16, 64, 100, 256])
    parameters: dict[str, Any] = {
        "series": series.name,
        "digits_per_step": k,
        "boxes_per_block": max(b, series.smallest_block),
    }
    task = Task(n, parameters)
    machine = KIND.new(task)
    while not machine.done:
        before = machine.snapshot(), machine.work(), machine.steps
        patience = chance.randint(0, 9)

        def poll(done: int, parts: int, patience: int = patience) -> None:
            assert 0 <= done <= parts
            if done >= patience:
                raise Abandoned

        try:
            machine.stride(chance.choice([0, n, inf]), poll if patience < 5 else unwatched)
        except Abandoned:
            assert (machine.snapshot(), machine.work(), machine.steps) == before
        else:
            assert machine.work().done > before[1].done
            assert machine.steps > before[2]
        assert machine.output == pi[: machine.count]
        if chance.random() < 0.3:
            machine.check()
            state, work = stored(machine.to_state()), machine.work()
            for name in [name for name, piece in state.pieces.items() if piece.lasting]:
                if chance.random() < 0.1:
                    del state.pieces[name]
            machine = SpigotKind(chance.randint(1, 3)).from_state(
                task, state, bytes(machine.output)
            )
            machine.check()
            assert machine.work().done == work.done
    assert machine.output == pi[:n]
    work = machine.work()
    assert work.done == pytest.approx(work.total - machine.verifying_work)


def test_verification_killed_again_and_again_completes(
    pi: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Intermediate results are saved in the state, so each is computed once."""
    monkeypatch.setattr(reference, "_ALONE", 30_000)  # polls after each result, not each 20 ms
    task = KIND.task(30_000)
    machine = KIND.new(task)
    machine.finalize()
    steps, kills = [machine.steps], 0

    def poll(done: int, total: int) -> None:
        if machine.steps > steps[-1]:
            raise Abandoned

    while True:
        try:
            assert KIND.verify(task, machine.output, poll, machine)
            break
        except Abandoned:
            kills += 1
            steps.append(machine.steps)
            state = stored(machine.to_state())
            size = sum(len(piece.read()) for piece in state.pieces.values())
            assert size < KIND.limits(task).state
            machine = KIND.from_state(task, state, bytes(machine.output))
            assert machine.steps == steps[-1]
            machine.check()
    assert kills == len(reference.names(30_000))


@pytest.mark.parametrize("found", [b"", b"\0\0\0\1", bytes(4) + b"\xff" * 4, bytes(4 * 9)])
def test_from_state_refuses_saved_results_of_the_verification_that_are_impossible(
    found: bytes,
) -> None:
    task = KIND.task(100)
    machine = KIND.new(task)
    machine.finalize()
    state = stored(machine.to_state())
    for name in reference.names(100):
        bad = State(state.pieces | {f"v{name}": Piece(found)})
        with pytest.raises(BadState):
            KIND.from_state(task, bad, bytes(machine.output))
