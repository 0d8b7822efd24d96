"""Values that cannot be used, passed to `carry_on`: told as the program's mistake, in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pi_tui import Cadence, Kind, Task, carry_on, carry_on_all, resumable
from tests.tiny import Walk, Walks

TASK = Walks().task()


class Nameless(Kind):
    unit = "letters"

    def new(self, task: Task) -> Walk:
        return Walk(task)

    def from_state(self, task: Task, *_: Any) -> Walk:
        return Walk(task)


def with_(**attributes: Any) -> Kind:
    made: Kind = type("Odd", (Walks,), attributes)()
    return made


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Nameless(), "Nameless: Nameless.name must be a str, not None"),
        (with_(name=None), "Odd: Odd.name must be a str, not None"),
        (with_(name=5), "Odd: Odd.name must be a str, not 5"),
        (with_(name="\udcff"), "·: Odd.name must be text that UTF-8 can hold"),
        (with_(unit=None), "walk: Odd.unit must be a str, not None"),
        (with_(version="2"), "walk: Odd.version must be an int from 0 to 2^31 - 1, not '2'"),
        (with_(tuning=("bulk")), "walk: Odd.tuning must be a tuple of names, not 'bulk'"),
        (with_(tuning=None), "walk: Odd.tuning must be a tuple of names, not None"),
        (Walks, "walk: Walks is a class; pass an object of it: Walks()"),
    ],
)
def test_kind_that_is_a_class_or_has_an_unusable_attribute_is_refused_and_its_fault_named(
    kind: Any, said: str, database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert carry_on(kind, TASK, str(database)) == (2, b"")
    assert carry_on_all(kind, [TASK], str(database)) == (2, {})
    assert capfd.readouterr().err.splitlines() == [said, said]
    assert not database.exists()


@pytest.mark.parametrize("tasks", [None, TASK, 5])
def test_tasks_that_are_no_iterable_are_refused(
    tasks: Any, database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert carry_on_all(Walks(), tasks, str(database)) == (2, {})
    said = "walk: tasks are an iterable of Task, like [Task(1000)], not "
    assert capfd.readouterr().err.startswith(said)
    assert not database.exists()


@pytest.mark.parametrize("task", [5, [5], {"goal": 5}])
def test_tasks_of_which_one_is_no_task_are_refused(
    task: Any, database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert carry_on_all(Walks(), [TASK, task], str(database)) == (2, {})
    said = f"walk: a task is a Task, like Task(1000), not {task!r}\n"
    assert capfd.readouterr().err == said
    assert not database.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"task": 5}, "a task is a Task, like Task(1000), not 5"),
        ({"location": None}, "a location is the path or URL of a database, not None"),
        ({"location": 7}, "a location is the path or URL of a database, not 7"),
        ({"to": 7}, "`to` is the path of a file, not 7"),
        ({"face": "scren"}, "a face is auto, line or screen, not 'scren'"),
        ({"every_seconds": "5"}, "the seconds between saves are a number from 0, not '5'"),
        ({"every_seconds": -1}, "the seconds between saves are a number from 0, not -1"),
        ({"every_seconds": float("nan")}, "the seconds between saves are a number from 0, not nan"),
        ({"every_seconds": 10**400}, "the seconds between saves are a number from 0, not int"),
        ({"every_output": 0}, "the output between saves is an int from 1, not 0"),
        ({"every_output": "x"}, "the output between saves is an int from 1, not 'x'"),
        ({"cadence": Cadence(output=-1)}, "the output between saves is an int from 1, not -1"),
        (
            {"cadence": Cadence(5, share="much")},  # type: ignore[arg-type]
            "the share of a cadence is a number from 0, not 'much'",
        ),
        ({"cadence": Cadence(5, share=-1)}, "the share of a cadence is a number from 0, not -1"),
        ({"cadence": 5}, "a cadence is a Cadence, like Cadence(seconds=5), not 5"),
    ],
)
def test_carry_on_refuses_and_names_an_unusable_argument(
    given: dict[str, Any], said: str, database: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    every: dict[str, Any] = {"kind": Walks(), "task": TASK, "location": str(database)} | given
    assert carry_on(**every) == (2, b"")
    assert capfd.readouterr().err == f"walk: {said}\n"
    assert not database.exists()


def test_smallest_seconds_and_output_between_saves_are_accepted(tmp_path: Path) -> None:
    every: dict[str, Any] = {"every_seconds": 0, "every_output": 1}
    assert carry_on(Walks(), TASK, tmp_path / "walk.sqlite3", **every)[0] == 0


def test_path_object_is_accepted_as_location_and_as_output_file(tmp_path: Path) -> None:
    location, to = tmp_path / "walk.sqlite3", tmp_path / "walk.txt"
    code, output = carry_on(Walks(), TASK, location, to=to)
    assert (code, to.read_bytes()) == (0, output)
    assert carry_on_all(Walks(), [TASK], location) == (0, {TASK: output})


def test_path_object_is_accepted_as_the_database_of_a_resumable_function(tmp_path: Path) -> None:
    @resumable
    def one(goal: int, at: int = 0) -> Any:
        yield {"at": goal}, "1", 1

    assert one.run(1, db=tmp_path / "one.sqlite3") == b"1"
    assert one.run_all([one.task(1)], db=tmp_path / "one.sqlite3") == {one.task(1): b"1"}
