"""Migration of 1.0 and 1.1 databases under kills and full disks."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checkpoints.old_databases import content, old
from tests.faults.conftest import Tally
from tests.faults.driver import Task
from tests.faults.lab import child, finish, judge, side_by_side, straced
from tests.faults.test_kill import points_of

pytestmark = [pytest.mark.usefixtures("strace"), pytest.mark.timeout(1200)]
CALLS = "pwrite64,fdatasync,fsync,unlink,ftruncate,link"
"""The system calls made on the database, its journal and its backup, and on nothing else."""
SAVED = {1: 1000, 2: 960}
"""Number of digits that versions 1.0 and 1.1 had saved of the unfinished run of 3,000 digits."""
SCHEMAS = pytest.mark.parametrize("schema", SAVED)


def task_at(path: Path, schema: int) -> Task:
    """Return a task that opens a database of an older version, loads its run, and ends."""
    old("unfinished", str(path), schema)
    return Task(str(path), 3000, 40, 64, saves=0)


def run(task: Task, log: str, *options: str) -> tuple[int, list[str]]:
    """Run the process under strace; return its exit code and the failures it reported."""
    with child(replace(task, hold=True)) as victim:
        victim.hear_until("ready")
        with straced(victim.pid, log, "-e", f"trace={CALLS}", *options):
            victim.go()
            code = victim.hear_out()
    return code, [*victim.said("failed"), *map(str, victim.said("error"))]


def calls(path: Path, schema: int) -> Counter[str]:
    log = f"{path}.log"
    code, _ = run(task_at(path, schema), log)
    assert code == 0
    return Counter(re.findall(r"^(\w+)\(", Path(log).read_text(), re.MULTILINE))


def what_is_left(task: Task, before: list[str], schema: int) -> str:
    """Check the database and its backups, and load the run; return what is wrong, or ""."""
    backups = sorted(
        Path(task.location).parent.glob(f"{Path(task.location).name}.schema-{schema}*")
    )
    if any(content(backup) != before for backup in backups):
        return "a backup that is not the old database"
    is_new = any("identity" in line for line in content(task.location))
    if is_new and not backups:
        return "brought up to date without a backup"
    if not is_new and content(task.location) != before:
        return "neither the old nor the new"
    return judge(task.location, SAVED[schema], task.digits)


def disturb(folder: Path, schema: int, inject: str, call: str, n: int, thorough: bool) -> str:
    """Migrate a database with a fault in the `n`-th call; return what is wrong then, or ""."""
    place = folder / f"{call}{n}"
    place.mkdir()
    task = task_at(place / "pi.sqlite3", schema)
    before = content(task.location)
    code, told = run(task, "/dev/null", "-e", f"inject={call}:{inject}:when={n}")
    if code not in (0, 4, 6, -9):
        return f"{call} {n}: exit {code}: {told}"
    fault = what_is_left(task, before, schema) or (finish(task) if thorough else "")
    return f"{call} {n}: {fault}" if fault else ""


@SCHEMAS
@pytest.mark.parametrize(
    ("inject", "which"),
    [
        ("signal=KILL", CALLS),
        ("error=ENOSPC", "pwrite64,ftruncate,link"),
        ("error=EIO", CALLS),
    ],
)
def test_migration_disturbed_at_one_system_call_leaves_the_old_or_the_new_database(
    inject: str, which: str, schema: int, folder: Path, much: int, tally: Tally
) -> None:
    counts = calls(folder / "count.db", schema)
    chosen = Counter({call: count for call, count in counts.items() if call in which.split(",")})
    points = points_of(chosen, 2 if much == 1 else 1)
    tried = side_by_side(
        lambda point: disturb(folder, schema, inject, *point, thorough=point[1] % 10 == 0), points
    )
    faults = [fault for fault in tried if fault]
    tally(
        f"migration from schema {schema}, {inject} at the N-th call",
        len(tried),
        f"{len(faults)} lost",
    )
    assert faults == []
    assert len(points) > 20


@SCHEMAS
def test_control_experiment_with_migrations_killed_without_a_journal_finds_damage(
    schema: int, folder: Path, tally: Tally
) -> None:
    faults = []
    for n in range(2, 60, 3):
        place = folder / f"control{n}"
        place.mkdir()
        task = task_at(place / "pi.sqlite3", schema)
        before = content(task.location)
        spoilt = replace(task, sabotage=("journal=OFF", "cache=2"))
        run(spoilt, "/dev/null", "-e", f"inject=pwrite64:signal=KILL:when={n}")
        try:
            fault = what_is_left(task, before, schema)
        except Exception as error:
            fault = str(error)
        faults += [fault] if fault else []
    tally("  control: journal OFF", 20, f"{len(faults)} lost or damaged")
    assert faults != []


@SCHEMAS
def test_migrated_run_ends_with_right_digits(schema: int, folder: Path) -> None:
    task = task_at(folder / "pi.sqlite3", schema)
    assert finish(task) == ""
