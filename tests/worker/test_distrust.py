"""A checkpoint whose bytes are as saved, but whose numbers the arithmetic denies."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.upkeep import check
from pi_tui.errors import WrongResultError
from pi_tui.spigot.reference import pi_digits
from pi_tui.spigot.spigot import Spigot
from pi_tui.worker.job import Job
from pi_tui.worker.snapshot import State
from pi_tui.worker.worker import Worker

DIGITS = 2_000


def save_some_steps(location: str, *, wrong_from: int) -> None:
    """Three checkpoints; those from number `wrong_from` on have one unit too much in a box."""
    spigot = Spigot.new(DIGITS, digits_per_step=50)
    with closing(CheckpointStore.open(location)) as store:
        run = store.open_run(DIGITS, 50, spigot.boxes_per_block)
        for number in range(1, 4):
            for _ in range(5):
                spigot.step()
            state = spigot.to_state()
            if number >= wrong_from:
                state = replace(state, boxes=(state.boxes[0] - 1, *state.boxes[1:]))
            store.save(run, state, elapsed=1.0)


def finish(location: str) -> Worker:
    worker = Worker(Job(DIGITS, location))
    worker.start()
    assert worker.join(60)
    return worker


def test_a_checkpoint_the_arithmetic_denies_is_passed_over_with_a_note(tmp_path: Path) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_some_steps(location, wrong_from=3)

    worker = finish(location)

    assert worker.snapshot.state is State.COMPLETE, worker.snapshot.error
    assert any("checkpoint 3" in note for note in worker.snapshot.notes)
    assert worker.output == pi_digits(DIGITS)


def test_if_every_checkpoint_is_denied_the_digits_are_computed_again(tmp_path: Path) -> None:
    location = str(tmp_path / "pi.sqlite3")
    save_some_steps(location, wrong_from=1)

    worker = finish(location)

    assert worker.snapshot.state is State.COMPLETE, worker.snapshot.error
    assert worker.snapshot.resumed > 0
    assert worker.output == pi_digits(DIGITS)


def test_check_tells_a_state_the_arithmetic_denies_from_damaged_bytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = str(tmp_path / "good.sqlite3"), str(tmp_path / "bad.sqlite3")
    save_some_steps(good, wrong_from=4)
    save_some_steps(bad, wrong_from=3)

    assert check(good) == 0
    assert "2 states, the arithmetic holds" in capsys.readouterr().err
    with pytest.raises(WrongResultError, match="checkpoint 3"):
        check(bad)
