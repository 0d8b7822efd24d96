"""Runs of several kinds in one database: exported, checked, deleted and backed up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.machine import Kind, Task
from pi_tui.pi.spigot.kind import SpigotKind
from tests.commands.kinds import LINES, PRIME, ask, compute, refused
from tests.helpers import pi, pi_tui
from tests.terminal.emulator import Terminal


def test_export_of_a_run_of_a_kind_other_than_pi_writes_its_output_unchanged(
    mixed: Path, tmp_path: Path
) -> None:
    whole = "".join(f"{n * 4}\n" for n in range(1, 1_001))
    assert ask("export", "--with", "seed=4", database=mixed) == whole
    part = ask("export", "--with", "seed=4", "--from", "3", "--to", "6", database=mixed)
    assert part == whole[2:6]
    target = tmp_path / "lines.txt"
    ask("export", "--with", "seed=4", "-o", target, database=mixed)
    assert target.read_text() == whole


def test_export_that_names_no_run_takes_that_of_pi_among_several_kinds(mixed: Path) -> None:
    assert ask("export", database=mixed).encode() == b"3." + pi(300) + b"\n"


def test_export_that_names_no_run_takes_the_only_one_even_if_not_of_pi(database: Path) -> None:
    compute(str(database), LINES, LINES.task(3))
    assert ask("export", database=database) == "1\n2\n3\n"


def test_export_of_a_run_without_output_is_refused(mixed: Path) -> None:
    said = refused("export", "--kind", "lucas-lehmer", database=mixed)
    assert "no output of the run of lucas-lehmer 9,689" in said


def test_delete_command_asks_with_kind_goal_and_parameters_of_the_run(mixed: Path) -> None:
    words = ("delete", "--kind", "lines", "--with", "seed=3", "--db", mixed)
    for answer, left in (("n\n", 4), ("y\n", 3)):
        with Terminal(*words, size=(120, 24)) as terminal:
            terminal.see(r"delete the run of lines 1,000 ratio=0\.5 seed=3 \([\d,]+ bytes saved\)")
            terminal.send(answer)
            assert terminal.wait() == 0
        assert len(json.loads(ask("runs", "--json", database=mixed))) == left


def test_delete_finds_and_names_a_run_of_a_kind_whose_tuning_parameters_are_unknown(
    mixed: Path,
) -> None:
    done = pi_tui("delete", "--kind", "lucas-lehmer", "--yes", "--db", mixed)
    assert done.returncode == 0
    assert done.stderr.startswith("deleted the run of lucas-lehmer 9,689 squarings_per_step=")
    kinds = [one["kind"] for one in json.loads(ask("runs", "--json", database=mixed))]
    assert sorted(kinds) == ["lines", "lines", "pi"]


def test_delete_that_names_no_run_is_refused(mixed: Path) -> None:
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


def test_check_and_export_find_damage_in_a_kind_other_than_pi(mixed: Path) -> None:
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


def test_status_runs_check_and_export_leave_a_database_of_many_kinds_unchanged(mixed: Path) -> None:
    before = mixed.read_bytes(), mixed.stat().st_mtime_ns
    for words in (["status"], ["runs"], ["check"], ["export", "--with", "seed=3"]):
        assert pi_tui(*words, "--db", mixed).returncode == 0
    assert (mixed.read_bytes(), mixed.stat().st_mtime_ns) == before


def test_postgres_lists_exports_and_deletes_runs_of_several_kinds(postgres_url: str) -> None:
    compute(postgres_url, LINES, LINES.task(30, seed=2), 10)
    compute(postgres_url, PRIME, PRIME.task(9_689), 1)
    assert len(ask("runs", database=postgres_url).splitlines()) == 3
    assert ask("export", "--kind", "lines", "--to", "4", database=postgres_url) == "2\n4\n"
    assert pi_tui("delete", "--kind", "lines", "--yes", "--db", postgres_url).returncode == 0
    assert len(ask("runs", database=postgres_url).splitlines()) == 2
