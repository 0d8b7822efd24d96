"""Programs that compute all their output and cannot save the last of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pi_tui.recipes.items import Items
from pi_tui.recipes.program import resumable


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pi_tui.carry_on.PATIENCE", 0.01)


def move_away(database: Path) -> None:
    database.rename(database.with_name("away"))


def test_program_prints_output_that_it_could_not_save_and_exits_with_6(
    database: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    @resumable
    def count(goal: int, at: int = 0) -> Iterator[Any]:
        while at < goal:
            at += 1
            if at == goal:
                move_away(database)
            yield {"at": at}, f"{at}\n"

    with pytest.raises(SystemExit, match="6"):
        count.main(["3", "--db", str(database)])
    assert capfdbinary.readouterr().out == b"1\n2\n3\n"


def test_batch_prints_output_that_it_could_not_save_and_exits_with_6(
    database: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def move_away_at_two(number: int) -> int:
        if number == 2:
            move_away(database)
        return number

    monkeypatch.setattr(sys, "argv", ["batch", "--db", str(database)])
    with pytest.raises(SystemExit, match="6"):
        Items(move_away_at_two, range(3), workers=1, threads=True).main()
    assert capfdbinary.readouterr().out == b"0\n1\n2\n"
