"""Runs named by kind, goal and parameters, on the command line and in refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from pi_tui.machine import Parameter
from tests.commands.kinds import LINES, ask, compute, refused
from tests.helpers import pi_tui


def test_run_is_found_by_its_float_parameter_in_another_notation(mixed: Path) -> None:
    told = ask("status", "--with", "ratio=0.50", "--with", "seed=3", database=mixed)
    assert len(told.splitlines()) == 1


def assert_each_is_named(ratios: Mapping[str, Parameter], database: Path) -> None:
    """Assert that a run with each of these parameters is found by its key, and listed with it."""
    for ratio in ratios.values():
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    for name in ratios:
        told = ask("status", "--with", f"ratio={name}", database=database)
        assert len(told.splitlines()) == 1
        assert f" ratio={name} seed=1: " in told


def test_runs_with_equal_numbers_as_parameters_are_each_found_by_the_text_in_the_list(
    database: Path,
) -> None:
    assert_each_is_named({str(ratio): ratio for ratio in (1, 1.0, True, 0.0, -0.0)}, database)


def test_parameters_that_differ_in_type_only_are_listed_and_named_differently(
    database: Path,
) -> None:
    listed: dict[str, Parameter] = {
        "78": 78,
        "'78'": "78",
        "0x78": b"x",
        "'0x78'": "0x78",
        "True": True,
    }
    listed |= {"'True'": "True", "1.0": 1.0, "'1.0'": "1.0", "ab12": "ab12", "0xab12": b"\xab\x12"}
    assert_each_is_named(listed, database)


def test_run_is_found_by_a_parameter_typed_without_quotes_or_0x_if_none_is_listed_as_typed(
    database: Path,
) -> None:
    for ratio in ("78", b"\xab"):
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    assert " ratio='78' " in ask("status", "--with", "ratio=78", database=database)
    assert " ratio=0xab " in ask("status", "--with", "ratio=ab", database=database)


def test_parameter_that_is_listed_shortened_can_be_typed_as_listed_or_in_full(
    database: Path,
) -> None:
    path = "/home/somebody/measurements/of/2026/in-the-north/orders.csv"
    other = path.replace("orders", "offers")
    for ratio in (path, other, "two\nlines"):
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    short = f"{path[:20]}…{path[-19:]}"
    listed = [f"ratio={short}", f"ratio={path}", "ratio='two\\nlines'", "ratio=two\nlines"]
    for one in listed:
        assert len(ask("status", "--with", one, database=database).splitlines()) == 1
    assert f" ratio={short} " in ask("runs", database=database)
    assert " ratio='two\\nlines' " in ask("runs", database=database)


@pytest.mark.parametrize("value", ["v1 ", "v1\nsecond line", " v1"])
def test_run_is_not_deleted_by_a_part_of_its_parameter(value: str, database: Path) -> None:
    compute(str(database), LINES, LINES.task(3, ratio=value))
    assert "there is no run" in refused("delete", "--yes", "--with", "ratio=v1", database=database)
    compute(str(database), LINES, LINES.task(3, ratio="v1"))
    assert pi_tui("delete", "--yes", "--with", "ratio=v1", "--db", database).returncode == 0
    assert f" ratio={value!r} " in ask("runs", database=database)


@pytest.mark.parametrize("command", ["status", "export", "delete"])
def test_error_for_a_missing_run_names_the_kind_goal_and_parameters_asked_for(
    command: str, mixed: Path
) -> None:
    words = ("--kind", "lines", "--goal", "1000", "--with", "seed=5")
    said = refused(command, *words, database=mixed)
    assert said == (
        f"pi-tui: there is no run of lines 1,000 seed=5; "
        f"`{said.partition('`')[2].partition('`')[0]}` lists what there is\n"
    )


@pytest.mark.parametrize("command", ["status", "export", "delete --yes"])
def test_empty_name_of_a_kind_names_no_run(command: str, database: Path) -> None:
    compute(str(database), LINES, LINES.task(3))
    said = refused(*command.split(), "--kind", "", database=database)
    assert said.startswith("pi-tui: there is no run of kind ''; ")
    assert len(json.loads(ask("runs", "--json", database=database))) == 1


@pytest.mark.parametrize("command", ["export", "delete"])
def test_ambiguous_name_lists_the_matching_runs(command: str, mixed: Path) -> None:
    said = refused(command, "--kind", "lines", database=mixed)
    assert said.startswith("pi-tui: 2 runs match: lines 1,000 ratio=0.5 seed=")
    assert "seed=3" in said
    assert "seed=4" in said
    assert "--with name=value" in said
    assert len(json.loads(ask("runs", "--json", database=mixed))) == 4


def test_options_digits_and_kind_together_are_refused(mixed: Path) -> None:
    said = refused("status", "--digits", "300", "--kind", "lines", database=mixed)
    assert "--digits names a run of pi" in said


@pytest.mark.parametrize("words", [["--goal", "0"], ["--goal", "x"], ["--with", "seed"]])
def test_invalid_goal_or_parameter_is_refused(words: list[str], mixed: Path) -> None:
    assert "no goal" in (said := refused("status", *words, database=mixed)) or "like seed=3" in said
