"""Runs of several kinds in one database, as `runs` and `status` list them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import StoredKind
from pi_tui.recipes.generator import GeneratorKind, Yielded
from tests.checkpoints.old_databases import old
from tests.commands.kinds import LINES, ask, compute
from tests.helpers import pi_tui


def test_runs_command_has_a_row_for_each_run_of_several_kinds(mixed: Path) -> None:
    head, *rows = ask("runs", database=mixed).splitlines()
    assert head.split()[:3] == ["kind", "goal", "saved"]
    assert len(rows) == 4
    by_kind = {row.split("  ")[0]: row for row in rows}
    assert "40.0 %" in by_kind["lines ratio=0.5 seed=3"]
    assert "unfinished" in by_kind["lines ratio=0.5 seed=3"]
    assert "complete" in by_kind["lines ratio=0.5 seed=4"]
    assert "100 %" in by_kind["pi"]


def test_runs_command_prints_no_column_for_the_kind_if_all_runs_are_of_pi(mixed: Path) -> None:
    for kind in ("lines", "lucas-lehmer"):
        with closing(sqlite3.connect(mixed)) as connection, connection:
            connection.execute("DELETE FROM pi_run WHERE kind = ?", (kind,))
    head, *rows = ask("runs", database=mixed).splitlines()
    assert head.split()[:2] == ["digits", "saved"]
    assert len(rows) == 1


@pytest.mark.parametrize("command", ["runs", "status"])
def test_json_of_runs_and_status_describes_runs_of_every_kind(command: str, mixed: Path) -> None:
    found = {
        (one["kind"], one["goal"], one["parameters"].get("seed")): one
        for one in json.loads(ask(command, "--json", database=mixed))
    }
    assert found.keys() == {
        ("pi", 300, None),
        ("lucas-lehmer", 9_689, None),
        ("lines", 1_000, 3),
        ("lines", 1_000, 4),
    }
    begun = found["lines", 1_000, 3]
    assert begun["saved"] == len("".join(f"{n * 3}\n" for n in range(1, 401)))
    assert (begun["share_of_work"], begun["status"]) == (0.4, "active")
    assert "digits" not in begun
    assert found["lines", 1_000, 4]["status"] == "complete"
    assert (found["pi", 300, None]["digits"], found["pi", 300, None]["verified"]) == (300, True)
    assert 0 < found["lucas-lehmer", 9_689, None]["share_of_work"] < 1


def test_status_names_pi_by_digits_and_another_by_kind_goal_and_parameters(mixed: Path) -> None:
    told = ask("status", database=mixed)
    assert "\n300 digits: 300 saved, 100 %, verified, checkpoint" in f"\n{told}"
    count = len("".join(f"{n * 3}\n" for n in range(1, 401)))
    assert f"\nlines 1,000 ratio=0.5 seed=3: {count:,} bytes saved, 40.0 %, " in f"\n{told}"
    assert "40.0 %, unfinished, checkpoint 1 at" in told


def test_status_of_a_kind_lists_only_its_runs(mixed: Path) -> None:
    assert len(ask("status", "--kind", "lines", database=mixed).splitlines()) == 2
    one = ask("status", "--kind", "lines", "--goal", "1e3", "--with", "seed=4", database=mixed)
    assert one.startswith("lines 1,000 ratio=0.5 seed=4: ")
    assert len(one.splitlines()) == 1


def test_run_of_a_newer_version_of_a_kind_is_listed(mixed: Path) -> None:
    with closing(sqlite3.connect(mixed)) as connection, connection:
        connection.execute("UPDATE pi_run SET version = 99 WHERE kind = 'lines'")
    assert len(ask("runs", database=mixed).splitlines()) == 5


def test_escape_codes_in_names_are_not_printed(database: Path) -> None:
    compute(str(database), LINES, LINES.task(10), 5)
    with closing(sqlite3.connect(database)) as connection, connection:
        evil = json.dumps({"see\x1b[2Jd": "\x1b]0;x\x07"})
        connection.execute("UPDATE pi_run SET kind = ?, parameters = ?", ("e\x1b[31mvil", evil))
    for words in (
        ["runs"],
        ["status"],
        ["check"],
        ["export", "--goal", "9"],
        ["delete", "--goal", "9"],
    ):
        done = pi_tui(*words, "--db", database)
        assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr), words


def test_kind_name_that_is_not_text_is_reported_as_damage(mixed: Path) -> None:
    with closing(sqlite3.connect(mixed)) as connection, connection:
        connection.execute("UPDATE pi_run SET kind = x'00ff' WHERE kind = 'lines' AND id = 3")
    for command in ("runs", "check"):
        assert pi_tui(command, "--db", mixed).returncode == 4


def test_runs_saved_by_version_1_1_are_listed_after_the_migration(database: Path) -> None:
    old("lucas", str(database), schema=2)
    with CheckpointStore.open(str(database), StoredKind("any")):
        pass  # migrates the database
    (run,) = json.loads(ask("runs", "--json", database=database))
    assert run["kind"] == "lucas-lehmer"
    assert run["share_of_work"] is None or 0 <= run["share_of_work"] <= 1


def test_runs_table_shows_a_last_parameter_that_differs_after_long_equal_ones(
    database: Path,
) -> None:
    def long(goal: int, at: int = 0, *, a_long_name: str = "", seed: int = 1) -> Yielded:
        yield {"at": 1}

    kind = GeneratorKind(long, "a-name-of-some-length", 1)
    for seed in (1, 2):
        compute(str(database), kind, kind.task(5, a_long_name="x" * 30, seed=seed))
    rows = ask("runs", database=database).splitlines()[1:]
    assert sorted(row.partition(" seed=")[2][0] for row in rows) == ["1", "2"]
