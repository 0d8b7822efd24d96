"""Functions that changed between two starts: states they cannot use, and runs begun again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.recipes.program import Resumable, resumable
from tests.checkpoints.helpers import advance
from tests.recipes.programs import saved_steps


def counting(factor: int, version: int = 1) -> Resumable:
    @resumable(name="walk", version=version)
    def walk(goal: int, at: int = 0) -> Iterator[Any]:
        while at < goal:
            at += 1
            yield {"at": at}, f"{factor * at} "

    return walk


@resumable(name="walk")
def stateless(goal: int) -> Iterator[Any]:
    for number in range(goal):
        yield {}, f"{number} "


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (counting(1), counting(1, version=2), "saved by version 1 of walk, whose states do not"),
        (stateless, counting(1), "the saved state holds nothing, and walk takes at"),
    ],
    ids=["older version", "no state"],
)
def test_saved_state_that_does_not_fit_the_function_is_refused_and_kept(
    old: Resumable,
    new: Resumable,
    said: str,
    database: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with CheckpointStore.open(str(database), old) as store:
        run = store.open_run(old.task(4))
        store.save(run, advance(old.new(old.task(4)), 1), 1.0)
        store.leave(run)
    with pytest.raises(SystemExit, match="2"):
        new.run(4, db=database)
    assert said in capsys.readouterr().err
    assert saved_steps(str(database), "walk") == 1


def test_complete_run_begins_again_if_the_argument_fresh_is_true(database: Path) -> None:
    assert counting(1).run(3, db=database) == b"1 2 3 "
    assert counting(2).run(3, db=database) == b"1 2 3 "
    assert counting(2).run(3, db=database, fresh=True) == b"2 4 6 "
