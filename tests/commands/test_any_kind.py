"""Runs of several kinds in one database: named, listed, exported, checked and deleted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.checkpoints.stored_kind import StoredKind
from pi_tui.cli import main
from pi_tui.examples.lucas_lehmer import Mersenne
from pi_tui.machine import Kind, Task
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.recipes.generator import GeneratorKind, Yielded
from tests.checkpoints.test_migration import old
from tests.helpers import pi, pi_tui
from tests.shared import made_once
from tests.terminal.emulator import Terminal


def lines(goal: int, number: int = 0, *, seed: int = 1, ratio: float = 0.5) -> Yielded:
    while number < goal:
        number += 1
        yield {"number": number}, f"{number * seed}\n", number / goal


LINES = GeneratorKind(lines, "lines", 1)
PRIME = Mersenne()


class Rows(GeneratorKind):
    """The same function, its output counted in rows."""

    unit = "rows"


ROWS = Rows(lines, "table", 1)


def compute(location: str, kind: Kind, task: Task, steps: int | None = None) -> None:
    """Save a run after this many steps, or complete it."""
    with CheckpointStore.open(location, kind) as store:
        run, machine = store.open_run(task), kind.new(task)
        while not machine.done and machine.steps != steps:
            machine.step()
        if machine.done:
            store.complete(run, machine, 2.0, verified=False)
        else:
            store.save(run, machine, 2.0)
        store.leave(run)


def fill(location: str) -> None:
    assert main(["run", "--digits", "300", "--db", location]) == 0
    compute(location, PRIME, PRIME.task(9_689), 1)
    compute(location, LINES, LINES.task(1_000, seed=3), 400)
    compute(location, LINES, LINES.task(1_000, seed=4))


@pytest.fixture
def mixed(database: Path) -> Path:
    """Return a database with runs of pi, of an example and of a generator; it may be changed."""
    made = made_once("mixed", lambda folder: fill(str(folder / "pi.sqlite3")))
    database.write_bytes((made / "pi.sqlite3").read_bytes())
    return database


def ask(*arguments: object, database: object) -> str:
    done = pi_tui(*arguments, "--db", database)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(*arguments: object, database: object) -> str:
    done = pi_tui(*arguments, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_runs_lists_every_kind_with_its_parameters(mixed: Path) -> None:
    head, *rows = ask("runs", database=mixed).splitlines()
    assert head.split()[:3] == ["kind", "goal", "saved"]
    assert len(rows) == 4
    by_kind = {row.split("  ")[0]: row for row in rows}
    assert "40.0 %" in by_kind["lines ratio=0.5 seed=3"]
    assert "unfinished" in by_kind["lines ratio=0.5 seed=3"]
    assert "complete" in by_kind["lines ratio=0.5 seed=4"]
    assert "100 %" in by_kind["pi"]


def test_runs_of_pi_alone_have_no_column_for_the_kind(mixed: Path) -> None:
    for kind in ("lines", "lucas-lehmer"):
        with closing(sqlite3.connect(mixed)) as connection, connection:
            connection.execute("DELETE FROM pi_run WHERE kind = ?", (kind,))
    head, *rows = ask("runs", database=mixed).splitlines()
    assert head.split()[:2] == ["digits", "saved"]
    assert len(rows) == 1


def test_output_in_rows_is_counted_in_rows_without_the_code_of_its_kind(database: Path) -> None:
    compute(str(database), ROWS, ROWS.task(1_000, seed=3), 400)
    compute(str(database), ROWS, ROWS.task(1))
    compute(str(database), LINES, LINES.task(1))
    assert_counted_in_rows(database)
    with Terminal("watch", "--goal", "1000", "--db", database, size=(80, 24)) as terminal:
        terminal.see(r"rows +400 │")
        terminal.see(r"bytes +1,631 │")
        terminal.send("q")
        assert terminal.wait() == 0


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_watch_of_another_kind_says_how_it_goes_on_and_offers_no_key_for_it(
    size: tuple[int, int], mixed: Path
) -> None:
    words = ("watch", "--with", "seed=3", "--db", mixed)
    with Terminal(*words, size=size) as terminal:
        terminal.see("has ended")
        assert "p go on" not in terminal.screen
        terminal.send("p")
        terminal.see("Only watching: start the program")
        assert "p goes on" not in terminal.screen
        terminal.send("q")
        assert terminal.wait() == 0
        said = " ".join(terminal.screen.split())
        assert said.endswith(
            "nothing to save here; start the program that computes lines to go on with it"
        )


def test_watch_of_pi_names_the_command_that_goes_on_with_its_database(mixed: Path) -> None:
    pi_kind = SpigotKind()
    compute(str(mixed), pi_kind, pi_kind.task(600, 10), 20)
    with Terminal("watch", "--digits", "600", "--db", mixed, size=(300, 24)) as terminal:
        terminal.see(rf"has ended; `[^`]+ --db {mixed} 600` goes on with it")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.screen.count(f" --db {mixed} 600` goes on with it") == 1
        assert terminal.screen.count("--db") == 1


def test_watch_of_pi_names_no_command_where_it_does_not_fit(mixed: Path) -> None:
    pi_kind = SpigotKind()
    compute(str(mixed), pi_kind, pi_kind.task(600, 10), 20)
    with Terminal("watch", "--digits", "600", "--db", mixed, size=(60, 24)) as terminal:
        terminal.see("has ended *\n")
        assert "pi-tui" not in terminal.screen.splitlines()[2]


def assert_counted_in_rows(location: object) -> None:
    begun, size = r"table 1,000 ratio=0.5 seed=3", len("".join(f"{n * 3}\n" for n in range(1, 401)))
    told = ask("status", database=location)
    assert f"{begun}: 400 rows saved, " in told
    assert "table 1 ratio=0.5 seed=1: 1 row saved, " in told
    assert "lines 1 ratio=0.5 seed=1: 2 bytes saved, " in told
    assert "  400 rows  " in ask("runs", database=location)
    found = json.loads(ask("status", "--goal", "1000", "--json", database=location))
    assert (found[0]["saved"], found[0]["unit"], found[0]["lines"]) == (size, "rows", 400)


@pytest.mark.parametrize("command", ["runs", "status"])
def test_json_has_the_same_facts_for_every_kind(command: str, mixed: Path) -> None:
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


def test_status_names_each_kind_with_goal_and_parameters(mixed: Path) -> None:
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


def test_float_parameter_matches_in_any_notation(mixed: Path) -> None:
    told = ask("status", "--with", "ratio=0.50", "--with", "seed=3", database=mixed)
    assert len(told.splitlines()) == 1


def test_parameters_that_are_equal_as_numbers_are_each_named_as_they_are_listed(
    database: Path,
) -> None:
    ratios = (1, 1.0, True, 0.0, -0.0)
    for ratio in ratios:
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    for ratio in ratios:
        told = ask("status", "--with", f"ratio={ratio}", database=database)
        assert len(told.splitlines()) == 1
        assert f" ratio={ratio} seed=1: " in told


def test_parameters_that_differ_in_type_only_are_listed_and_named_differently(
    database: Path,
) -> None:
    listed = {"78": 78, "'78'": "78", "0x78": b"x", "'0x78'": "0x78", "True": True}
    listed |= {"'True'": "True", "1.0": 1.0, "'1.0'": "1.0", "ab12": "ab12", "0xab12": b"\xab\x12"}
    for ratio in listed.values():
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    for name in listed:
        told = ask("status", "--with", f"ratio={name}", database=database)
        assert len(told.splitlines()) == 1
        assert f" ratio={name} seed=1: " in told


def test_parameter_78_is_found_as_text_if_no_run_has_the_number_78(
    database: Path,
) -> None:
    for ratio in ("78", b"\xab"):
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    assert " ratio='78' " in ask("status", "--with", "ratio=78", database=database)
    assert " ratio=0xab " in ask("status", "--with", "ratio=ab", database=database)


def test_value_that_is_listed_shortened_is_named_as_listed_and_in_full(database: Path) -> None:
    path = "/home/somebody/measurements/of/2026/in-the-north/orders.csv"
    for ratio in (path, "two\nlines"):
        compute(str(database), LINES, LINES.task(3, ratio=ratio))
    listed = [f"ratio={path[:40]}", f"ratio={path}", "ratio=two", "ratio=two\nlines"]
    for one in listed:
        assert len(ask("status", "--with", one, database=database).splitlines()) == 1


@pytest.mark.parametrize("command", ["status", "export", "delete"])
def test_missing_run_is_named_as_it_was_requested(command: str, mixed: Path) -> None:
    words = ("--kind", "lines", "--goal", "1000", "--with", "seed=5")
    said = refused(command, *words, database=mixed)
    assert said == (
        f"pi-tui: there is no run of lines 1,000 seed=5; "
        f"`{said.partition('`')[2].partition('`')[0]}` lists what there is\n"
    )


@pytest.mark.parametrize("command", ["export", "delete"])
def test_ambiguous_name_lists_the_matching_runs(command: str, mixed: Path) -> None:
    said = refused(command, "--kind", "lines", database=mixed)
    assert said.startswith("pi-tui: 2 runs match: lines 1,000 ratio=0.5 seed=")
    assert "seed=3" in said
    assert "seed=4" in said
    assert "--with name=value" in said
    assert len(json.loads(ask("runs", "--json", database=mixed))) == 4


def test_digits_and_kind_together_are_refused(mixed: Path) -> None:
    said = refused("status", "--digits", "300", "--kind", "lines", database=mixed)
    assert "--digits names a run of pi" in said


@pytest.mark.parametrize("words", [["--goal", "0"], ["--goal", "x"], ["--with", "seed"]])
def test_invalid_goal_or_parameter_is_refused(words: list[str], mixed: Path) -> None:
    assert "no goal" in (said := refused("status", *words, database=mixed)) or "like seed=3" in said


def test_export_writes_output_of_another_kind_unchanged(mixed: Path, tmp_path: Path) -> None:
    whole = "".join(f"{n * 4}\n" for n in range(1, 1_001))
    assert ask("export", "--with", "seed=4", database=mixed) == whole
    part = ask("export", "--with", "seed=4", "--from", "3", "--to", "6", database=mixed)
    assert part == whole[2:6]
    target = tmp_path / "lines.txt"
    ask("export", "--with", "seed=4", "-o", target, database=mixed)
    assert target.read_text() == whole


def test_export_without_a_name_takes_the_run_of_pi(mixed: Path) -> None:
    assert ask("export", database=mixed).encode() == b"3." + pi(300) + b"\n"


def test_export_without_a_name_takes_the_only_run(database: Path) -> None:
    compute(str(database), LINES, LINES.task(3))
    assert ask("export", database=database) == "1\n2\n3\n"


def test_export_of_a_run_without_output_is_refused(mixed: Path) -> None:
    said = refused("export", "--kind", "lucas-lehmer", database=mixed)
    assert "no output of the run of lucas-lehmer 9,689" in said


def test_delete_asks_with_the_full_name(mixed: Path) -> None:
    words = ("delete", "--kind", "lines", "--with", "seed=3", "--db", mixed)
    for answer, left in (("n\n", 4), ("y\n", 3)):
        with Terminal(*words, size=(120, 24)) as terminal:
            terminal.see(r"delete the run of lines 1,000 ratio=0\.5 seed=3 \([\d,]+ bytes saved\)")
            terminal.send(answer)
            assert terminal.wait() == 0
        assert len(json.loads(ask("runs", "--json", database=mixed))) == left


def test_delete_finds_a_run_of_a_kind_with_unknown_tuning(mixed: Path) -> None:
    done = pi_tui("delete", "--kind", "lucas-lehmer", "--yes", "--db", mixed)
    assert done.returncode == 0
    assert done.stderr.startswith("deleted the run of lucas-lehmer 9,689 squarings_per_step=")
    kinds = [one["kind"] for one in json.loads(ask("runs", "--json", database=mixed))]
    assert sorted(kinds) == ["lines", "lines", "pi"]


def test_delete_without_a_name_is_refused(mixed: Path) -> None:
    assert "--digits N" in refused("delete", "--yes", database=mixed)


@contextmanager
def computed(location: str, kind: Kind, task: Task) -> Iterator[None]:
    with CheckpointStore.open(location, kind) as store:
        store.open_run(task)
        yield


def test_delete_refuses_a_run_that_is_being_computed_and_names_it(mixed: Path) -> None:
    with computed(str(mixed), LINES, LINES.task(1_000, seed=3)):
        done = pi_tui("delete", "--with", "seed=3", "--yes", "--db", mixed)
        assert done.returncode == 3
        assert "the run of lines 1,000 ratio=0.5 seed=3 is already open" in done.stderr


def test_check_reports_runs_by_kind(mixed: Path) -> None:
    done = pi_tui("check", "--db", mixed)
    told = (
        "4 runs (2 of lines, 1 of lucas-lehmer, 1 of pi), every byte as it was saved; "
        "states that only their own programs can check: 1 of lines, 1 of lucas-lehmer"
    )
    assert (done.returncode, done.stderr) == (0, f"{told}\n")


def test_check_verifies_states_of_pi_beside_other_kinds(mixed: Path) -> None:
    pi_kind = SpigotKind()
    compute(str(mixed), pi_kind, pi_kind.task(600, 10), 20)
    done = pi_tui("check", "--db", mixed)
    assert done.returncode == 0
    assert "2 of pi), every byte as it was saved; 1 state found consistent; " in done.stderr
    assert done.stderr.endswith("can check: 1 of lines, 1 of lucas-lehmer\n")


def test_check_finds_damage_in_any_kind(mixed: Path) -> None:
    with closing(sqlite3.connect(mixed)) as connection, connection:
        of_it = "run_id IN (SELECT id FROM pi_run WHERE kind = 'lines')"
        connection.execute(f"UPDATE pi_output SET data = zeroblob(length(data)) WHERE {of_it}")
    done = pi_tui("check", "--db", mixed)
    assert done.returncode == 4
    assert "run 1000 of lines: output 1 to" in done.stderr
    done = pi_tui("export", "--with", "seed=4", "--db", mixed)
    assert (done.returncode, done.stdout) == (4, "")


def test_backup_holds_the_runs_of_every_kind(mixed: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite3"
    assert pi_tui("backup", target, "--db", mixed).returncode == 0
    assert ask("runs", "--json", database=target) == ask("runs", "--json", database=mixed)
    compute(str(target), LINES, LINES.task(1_000, seed=3))
    assert "complete" in ask("status", "--with", "seed=3", database=target)


def test_read_only_commands_leave_a_database_of_many_kinds_unchanged(mixed: Path) -> None:
    before = mixed.read_bytes(), mixed.stat().st_mtime_ns
    for words in (["status"], ["runs"], ["check"], ["export", "--with", "seed=3"]):
        assert pi_tui(*words, "--db", mixed).returncode == 0
    assert (mixed.read_bytes(), mixed.stat().st_mtime_ns) == before


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


def test_non_text_kind_is_reported_as_damage(mixed: Path) -> None:
    with closing(sqlite3.connect(mixed)) as connection, connection:
        connection.execute("UPDATE pi_run SET kind = x'00ff' WHERE kind = 'lines' AND id = 3")
    for command in ("runs", "check"):
        assert pi_tui(command, "--db", mixed).returncode == 4


def test_runs_saved_by_version_1_1_are_listed(database: Path) -> None:
    old("lucas", str(database), schema=2)
    with CheckpointStore.open(str(database), StoredKind("any")):
        pass  # migrates the database
    (run,) = json.loads(ask("runs", "--json", database=database))
    assert run["kind"] == "lucas-lehmer"
    assert run["share_of_work"] is None or 0 <= run["share_of_work"] <= 1


def test_server_holds_runs_of_every_kind(postgres_url: str) -> None:
    compute(postgres_url, LINES, LINES.task(30, seed=2), 10)
    compute(postgres_url, PRIME, PRIME.task(9_689), 1)
    assert len(ask("runs", database=postgres_url).splitlines()) == 3
    assert ask("export", "--kind", "lines", "--to", "4", database=postgres_url) == "2\n4\n"
    assert pi_tui("delete", "--kind", "lines", "--yes", "--db", postgres_url).returncode == 0
    assert len(ask("runs", database=postgres_url).splitlines()) == 2


def test_server_counts_rows_without_the_code_of_their_kind(postgres_url: str) -> None:
    compute(postgres_url, ROWS, ROWS.task(1_000, seed=3), 400)
    compute(postgres_url, ROWS, ROWS.task(1))
    compute(postgres_url, LINES, LINES.task(1))
    assert_counted_in_rows(postgres_url)


def test_unit_that_changed_is_that_of_the_last_run_begun(database: Path) -> None:
    compute(str(database), ROWS, ROWS.task(9), 3)
    compute(str(database), GeneratorKind(lines, "table", 1), ROWS.task(9), 5)
    assert "10 bytes saved" in ask("status", database=database)


def test_runs_whose_last_parameters_differ_look_different(database: Path) -> None:
    def long(goal: int, at: int = 0, *, a_long_name: str = "", seed: int = 1) -> Yielded:
        yield {"at": 1}

    kind = GeneratorKind(long, "a-name-of-some-length", 1)
    for seed in (1, 2):
        compute(str(database), kind, kind.task(5, a_long_name="x" * 30, seed=seed))
    rows = ask("runs", database=database).splitlines()[1:]
    assert sorted(row.partition(" seed=")[2][0] for row in rows) == ["1", "2"]


def test_many_that_resume_at_once_on_a_server_keep_one_unit(postgres_url: str) -> None:
    tasks = [ROWS.task(3, seed=seed) for seed in range(6)]
    for task in tasks:  # begun before units were kept
        compute(postgres_url, GeneratorKind(lines, "table", 1), task, 1)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda task: compute(postgres_url, ROWS, task), tasks))
    assert ask("status", "--kind", "table", database=postgres_url).count(": 3 rows saved, ") == 6
