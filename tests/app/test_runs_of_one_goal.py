"""Runs of one goal that differ in their parameters: listed, opened, exported, deleted, begun."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pi_tui.app.talk.goals import Goals
from pi_tui.machine import Refused, Task
from tests.helpers import pi_tui
from tests.terminal.emulator import Terminal

MINE = """
from pi_tui import Items, resumable


@resumable
def lines(goal, number=0, *, seed=1, size=8):
    while number < goal:
        number += 1
        yield {"number": number}, f"{number * seed}\\n", number / goal


batch = Items(str, ["a", "b", "c"], threads=True, name="batch")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working folder with a module and two runs of one goal."""
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    for seed in (2, 1):
        done = pi_tui("open", "mine:lines", 30, f"seed={seed}", "--db", "runs.db", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    return tmp_path


def output(seed: int, goal: int = 30) -> str:
    return "".join(f"{number * seed}\n" for number in range(1, goal + 1))


def opened(seed: int, size: tuple[int, int] = (80, 24)) -> Terminal:
    return Terminal("open", "mine:lines", 30, f"seed={seed}", "--db", "runs.db", size=size)


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_list_of_runs_shows_only_the_parameters_in_which_runs_of_one_goal_differ(
    size: tuple[int, int], folder: Path
) -> None:
    with opened(2, size) as terminal:
        terminal.see("complete")
        terminal.send("r")
        terminal.see(r"▸ 30 +seed=2 .*100 %")
        assert "30  seed=1 " in terminal.screen
        assert "size=8" not in terminal.screen


def test_list_of_two_runs_with_one_goal_opens_exports_and_deletes_the_chosen_one(
    folder: Path,
) -> None:
    with opened(2) as terminal:
        terminal.see("seed 2 .*complete")
        terminal.send("r")
        terminal.see("▸ 30 +seed=2")
        terminal.send("\r")  # the first row is the run begun last
        terminal.see("seed 1 .*complete")
        terminal.see("│ 29 ")
        terminal.send("r")
        terminal.see("▸ 30 +seed=1")
        terminal.send("d")
        terminal.see("This run is on the screen")
        terminal.send("\x1b[Be")
        terminal.see("Into which file")
        terminal.send("\x15" + "two.txt\r")
        terminal.see("Wrote .* to")
        terminal.until(lambda: Path("two.txt").exists())
        terminal.send("d")
        terminal.see("Delete the run of lines 30 seed=2 size=8")
        terminal.send("y")
        terminal.see("seed=2 size=8 is deleted")
        assert len(runs(folder)) == 1
        terminal.until(lambda: "seed=2" not in terminal.screen)
        terminal.send("qq")
        assert terminal.wait() == 0
    assert Path("two.txt").read_text() == output(2)
    assert [run["parameters"] for run in runs(folder)] == [{"seed": 1, "size": 8}]


@pytest.mark.parametrize("down", ["\x1b[B", "j"])
def test_keys_typed_ahead_delete_the_run_they_were_meant_for(down: str, folder: Path) -> None:
    done = pi_tui("open", "mine:lines", 30, "seed=3", "--db", "runs.db", cwd=folder)
    assert done.returncode == 0, done.stderr
    with opened(2) as terminal:
        terminal.see("complete")
        terminal.send("r")
        terminal.see(r"seed=3 [^▸]*seed=1 [^▸]*▸ 30 +seed=2")
        terminal.send(f"{down}dy")
        terminal.until(lambda: len(runs(folder)) == 2)
        terminal.send("\x03")
        assert terminal.wait() == 0
    left = [run["parameters"] for run in runs(folder)]
    assert {"seed": 1, "size": 8} not in left


def test_new_goal_keeps_the_parameters_of_the_run_on_the_screen(folder: Path) -> None:
    with opened(2) as terminal:
        terminal.see("complete")
        terminal.send("r")
        terminal.see("▸ 30 +seed=2")
        terminal.send("n")
        terminal.see("Which goal")
        terminal.send("50\r")
        terminal.see("lines 50 +seed 2 +size 8 .*complete")
        terminal.send("q")
        assert terminal.wait() == 0
    assert {"seed": 2, "size": 8} in [
        run["parameters"] for run in runs(folder) if run["goal"] == 50
    ]


def test_batch_refuses_a_new_goal_that_differs_from_its_number_of_items(folder: Path) -> None:
    with Terminal("open", "mine:batch", "--db", "batch.db") as terminal:
        terminal.see("complete")
        terminal.send("r")
        terminal.see("▸ 3 ")
        terminal.send("n")
        terminal.see("Which goal")
        terminal.send("5\r")
        terminal.see("this batch has 3 items, no other goal")


def test_goals_explain_why_a_kind_refuses_a_goal() -> None:
    def refuse(goal: int) -> Task:
        raise Refused("orders.csv is missing; put it back")

    assert Goals(refuse).explain("5") == (False, "orders.csv is missing; put it back")


def runs(folder: Path) -> list[dict[str, object]]:
    found = json.loads(pi_tui("runs", "--json", "--db", folder / "runs.db").stdout)
    return [dict(one) for one in found]
