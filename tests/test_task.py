"""Tasks: accepted and refused values, exact storage, identity."""

from __future__ import annotations

import copy
import math
import pickle
from enum import IntEnum
from pathlib import Path
from typing import Any

import pytest

from pi_tui.machine import State, Task


@pytest.mark.parametrize("goal", [1.5, "x", None, True, 7j, b"7"])
def test_task_refuses_a_goal_of_wrong_type_and_names_the_type(goal: Any) -> None:
    with pytest.raises(TypeError, match=f"a goal is an int, not {type(goal).__name__}"):
        Task(goal)


@pytest.mark.parametrize("goal", [0, -5, 2**53 + 1, 2**70])
def test_task_refuses_a_goal_out_of_range(goal: int) -> None:
    with pytest.raises(ValueError, match=rf"from 1 to 2\^53, not {goal}"):
        Task(goal)


@pytest.mark.parametrize("value", [[1, 2], None, {"a": 1}, {1}, (1,), 1j, object()])
def test_task_refuses_a_parameter_of_wrong_type_and_names_the_parameter(value: Any) -> None:
    with pytest.raises(TypeError, match=f"sizes is of type {type(value).__name__}, not int, fl"):
        Task(7, {"sizes": value})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(2**63)])
def test_task_refuses_a_parameter_out_of_range_and_names_the_parameter(value: float) -> None:
    with pytest.raises(ValueError, match="the parameter rate is"):
        Task(7, {"rate": value})


def test_state_made_of_str_is_refused_and_the_type_named() -> None:
    with pytest.raises(TypeError, match=r"State\.of takes bytes, not str"):
        State.of("text")  # type: ignore[arg-type]


def test_task_refuses_a_parameter_name_that_is_no_str_and_parameters_that_are_no_mapping() -> None:
    with pytest.raises(TypeError, match="a str as its name"):
        Task(7, {3: 4})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="a mapping, not list"):
        Task(7, [("a", 1)])  # type: ignore[arg-type]


def test_task_refuses_more_text_than_can_be_stored() -> None:
    Task(7, {"input": "x" * 9_900})
    with pytest.raises(ValueError, match=r"10,0\d\d characters, and 10,000 are allowed"):
        Task(7, {"input": "x" * 10_000})


SMALL = (True, False, 0, -1, 1.0, 0.1, -0.0, "", b"", "bytes")
LARGE = (2**63 - 1, -(2**63) + 1, 5e-324, 1.7976931348623157e308, "ä\x00\ud800", b"\x00\xff" * 40)


@pytest.mark.parametrize("value", [*SMALL, *LARGE])
def test_parameter_is_read_back_with_value_and_type(value: Any) -> None:
    task = Task(7, {"a": value})
    back = Task.of_text(7, task.text)
    assert back == task
    assert type(back.parameters["a"]) is type(value)
    assert repr(back.parameters["a"]) == repr(value)
    assert task.text.isascii()


def test_path_parameter_becomes_str_and_int_enum_becomes_int(tmp_path: Path) -> None:
    class Size(IntEnum):
        LARGE = 9

    given: dict[str, Any] = {"input": tmp_path, "size": Size.LARGE}
    parameters = Task(7, given).parameters
    assert parameters == {"input": str(tmp_path), "size": 9}
    assert type(parameters["size"]) is int


def test_task_parameters_cannot_be_changed() -> None:
    given: dict[str, Any] = {"seed": 1}
    task = Task(7, given)
    given["seed"] = 2
    assert task.parameters == {"seed": 1}
    with pytest.raises(TypeError):
        task.parameters["seed"] = 3  # type: ignore[index]


def test_task_can_be_copied_and_pickled() -> None:
    task = Task(7, {"seed": 1, "key": b"\x01"})
    assert copy.deepcopy(task) == pickle.loads(pickle.dumps(task)) == task


def test_task_identity_depends_on_values_and_types_but_not_on_tuning() -> None:
    values: list[Any] = [1, 2, 1.0, True, "1", b"1", "True", -0.0, 0.0, 0]
    assert len({Task(7, {"a": value}).identity() for value in values}) == len(values)
    one, other = ({"seed": 1, "threads": threads} for threads in (1, 8))
    assert Task(7, one).identity() != Task(7, other).identity()
    assert Task(7, one).identity(["threads"]) == Task(7, other).identity(["threads"])
    assert Task(7, one).identity(["threads"]) == Task(7, {"seed": 1}).identity()
    assert Task(7, {"a": 1, "b": 2}).identity() == Task(7, {"b": 2, "a": 1}).identity()


def test_equal_tasks_have_one_hash_and_are_one_key() -> None:
    tasks = {Task(5, {"a": 1, "b": b"x"}), Task(5, {"b": b"x", "a": 1}), Task(5, {"a": 2})}
    assert len(tasks) == 2
    assert Task(5, {"a": 1}) != Task(5, {"a": 1.0}), "they are two runs"


def test_tasks_are_equal_if_and_only_if_their_identities_are() -> None:
    tasks = [Task(3, {"p": value}) for value in (*SMALL, 1, 0.0, "1")]
    for one in tasks:
        for other in tasks:
            assert (one == other) == (one.identity() == other.identity())
    assert len(set(tasks)) == len({task.identity() for task in tasks}) == len(tasks)
    assert Task(3) != 3


@pytest.mark.parametrize("values", [(1, 1.0, True), (0, 0.0, -0.0, False), (b"a", "a")])
def test_tasks_whose_parameters_differ_only_in_type_or_sign_are_different_keys(
    values: tuple[Any, ...],
) -> None:
    tasks = [Task(5, {"a": value}) for value in values]
    assert len({task.identity() for task in tasks}) == len(values)
    assert len(set(tasks)) == len(values)
