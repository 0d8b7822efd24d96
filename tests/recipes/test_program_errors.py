"""Errors in the function of a short program are named, with the step they lose."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.helpers import ended
from tests.recipes.programs import SUMS, expected, saved_steps


def test_value_of_a_wrong_type_in_a_state_is_named_in_one_line(folder: Path) -> None:
    Path("bad.py").write_text(SUMS.replace('"total": total', '"total": {total}'))
    done = ended("bad.py", 5_000)
    assert done.returncode == 1
    assert done.stderr.startswith("sums: step 1: total is of type set; a state holds None, bool, ")
    assert done.stderr.count("\n") == 1


LATE = {
    "a set": (
        '"total": total}',
        '"total": total if number < 9_000 else {total}}',
        "total is of type set",
    ),
    "a number": ('f"{total}', '7 if number >= 9_000 else f"{total}', "as what is new, not 7"),
}


@pytest.mark.parametrize(("right", "wrong", "said"), LATE.values(), ids=LATE)
def test_yield_of_a_wrong_form_late_in_a_run_is_named_and_the_steps_before_are_saved(
    right: str, wrong: str, said: str, folder: Path
) -> None:
    broken = SUMS.replace(right, wrong)
    Path("sums.py").write_text(broken)
    done = ended("sums.py", 50_000)
    assert done.returncode == 1
    assert done.stderr.startswith("sums: step 9: ")
    assert said in done.stderr
    assert done.stderr.endswith("saved step 8\n")
    assert done.stderr.count("\n") == 1
    Path("sums.py").write_text(SUMS)
    assert saved_steps("sums.sqlite3", "sums") == 8
    assert ended("sums.py", 50_000).stdout == expected(50_000)


def test_traceback_of_a_failed_step_begins_at_the_users_function(folder: Path) -> None:
    Path("sums.py").write_text(SUMS.replace("number += 1", "number += 1 // (number < 2_500)"))
    done = ended("sums.py", 50_000)
    assert done.returncode == 1
    trace, last = done.stderr.splitlines()[:-1], done.stderr.splitlines()[-1]
    assert [line.split()[-1] for line in trace if "File" in line] == ["sums"]
    assert last == (
        "sums: step 3 raised ZeroDivisionError('integer division or modulo by zero'); saved step 2"
    )


def test_traceback_of_a_function_that_raises_at_its_call_begins_at_that_function(
    folder: Path,
) -> None:
    Path("plain.py").write_text(
        "from pi_tui import resumable\n\n"
        "def plain(goal, at=0):\n    return iter([goal / at])\n\n"
        "resumable(plain).main()\n"
    )
    done = ended("plain.py", 5)
    assert done.returncode == 1
    *trace, last = done.stderr.splitlines()
    assert [line.split()[-1] for line in trace if "File" in line] == ["plain"]
    assert last.startswith("plain: plain() raised ZeroDivisionError('division by zero'); ")
