"""Command lines and calls of short programs: which are taken, which refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.helpers import ended
from tests.recipes.programs import SUMS, expected


@pytest.mark.parametrize("goal", ["3e3", "3 000", "3,000", "3_000", " 3k "])
def test_goal_of_a_program_may_be_written_as_3e3_or_3k_or_with_separators(
    goal: str, folder: Path
) -> None:
    done = ended("sums.py", goal)
    assert (done.returncode, done.stdout) == (0, expected(3_000)), done.stderr


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("_x", "--_x"),
        ("__a_b", "--__a-b"),
        ("class_", "--class-"),
        ("__", "--__"),
        ("_db", "--_db"),
    ],
)
def test_parameter_that_begins_or_ends_with_an_underscore_becomes_an_option(
    name: str, option: str, folder: Path
) -> None:
    Path("sums.py").write_text(SUMS.replace("factor", name))
    assert ended("sums.py", 3_000, option, 7).stdout == expected(3_000, 7)
    assert f" {option} " in ended("sums.py", "--help").stdout


def test_integer_parameter_too_large_to_store_is_refused_not_shortened(folder: Path) -> None:
    assert ended("sums.py", 1_000, "--factor", 10**17 + 7).stdout == expected(1_000, 10**17 + 7)
    done = ended("sums.py", 1_000, "--factor", 10**24 + 7)
    assert (done.returncode, done.stdout) == (2, ""), "no shorter one is used in its place"
    assert "factor" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("0",), "'0' is no goal; use a whole number from 1 to 2^53"),
        (("x",), "'x' is no goal; use a whole number from 1 to 2^53"),
        (("9" * 5_000,), f"'{'9' * 39}…' is no goal"),
        (("5", "--factor", "9" * 5_000), f"invalid whole number value: '{'9' * 39}…'"),
        (("5", "--factor", "x"), "invalid whole number value: 'x'"),
        (("5", "--size", "1"), "unrecognized arguments"),
        ((), "GOAL"),
    ],
)
def test_wrong_command_line_exits_with_2_and_no_traceback(
    arguments: tuple[str, ...], said: str, folder: Path
) -> None:
    done = ended("sums.py", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr) < 500
    assert not (folder / "sums.sqlite3").exists()


@pytest.mark.parametrize("way", ["{}.main()", "{0}.run_all([{0}.task(3)])", "{}.run(3)"])
def test_computation_named_pi_is_refused(way: str, folder: Path) -> None:
    Path("mine.py").write_text(
        SUMS.replace("def sums", "def pi").replace("sums.main()", way.format("pi"))
    )
    done = ended("mine.py", 9)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "pi: the name pi is taken by this program's own runs; choose another name\n"
    )
    assert not Path("pi.sqlite3").exists()


@pytest.mark.parametrize(
    ("parameters", "begin", "said"),
    [
        ({"factr": 4}, "sums 3 factr=4", "sums has no parameter factr"),
        ({"goal": 4}, "sums 3 goal=4", "sums has no parameter goal"),
        ({}, "sums 3", "sums needs the parameter factor"),
    ],
)
def test_task_with_an_unknown_or_without_a_required_parameter_is_refused(
    parameters: dict[str, int], begin: str, said: str, folder: Path
) -> None:
    Path("sums.py").write_text(SUMS.replace("factor: int = 1", "factor: int"))
    Path("all.py").write_text(
        "from pi_tui import Task, carry_on_all\nfrom sums import sums\n"
        f'raise SystemExit(carry_on_all(sums, [Task(3, {parameters})], "a.sqlite3")[0])\n'
    )
    done = ended("all.py")
    assert (done.returncode, done.stderr) == (2, f"{begin}: {said}\n")


def test_empty_name_of_a_database_is_refused(folder: Path) -> None:
    done = ended("sums.py", 9, "--db", "")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'' names no file" in done.stderr


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("sums.run(0)", "sums: a goal is an int from 1 to 2^53, not 0"),
        ("sums.run('5')", "sums: a goal is an int, not str '5'"),
        ("sums.run(5, factr=2)", "sums: sums has no parameter factr"),
        ("sums.run(5, db='')", "sums: '' names no file"),
        ("sums.run_all([sums.task(5)], db='')", "sums: '' names no file"),
        ("sums.run(5, factor=[])", "sums: the parameter factor is of type list, not int, float,"),
    ],
)
def test_call_with_invalid_arguments_is_refused_in_one_line(
    call: str, said: str, folder: Path
) -> None:
    Path("call.py").write_text(f"from sums import sums\n{call}\n")
    done = ended("call.py")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert not (folder / "sums.sqlite3").exists()


def test_help_of_a_program_shows_names_and_defaults_with_a_percent_sign(folder: Path) -> None:
    code = SUMS.replace("loud: bool = False", 'loud: str = ""').replace(
        "factor: int = 1", 'factor: str = "%d.png"'
    )
    Path("sums.py").write_text(code.replace("@resumable", '@resumable(name="100%s")'))
    done = ended("sums.py", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "(%d.png)" in done.stdout
    assert "(100%s.sqlite3)" in done.stdout


@pytest.mark.parametrize("program", ["sums.py", "batch.py"])
def test_help_of_a_program_names_every_option_and_the_default_database(
    program: str, folder: Path
) -> None:
    done = ended(program, "--help")
    text = " ".join(done.stdout.split())
    name = program.replace(".py", "")
    assert done.returncode == 0
    assert f"database to save in, a file or a URL ({name}.sqlite3)" in text
    for option in ("--db FILE", "--screen", "--fresh"):
        assert option in text
    if program == "sums.py":
        assert "Add the numbers up to GOAL." in text
        assert "--factor FACTOR" in text
        assert "--loud" in text
