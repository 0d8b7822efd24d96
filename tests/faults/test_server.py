"""PostgreSQL stopped, restarted and cut off in the middle of a run."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.checkpoints.old_databases import old_server
from tests.checkpoints.server import Server
from tests.faults.conftest import Tally
from tests.faults.driver import READING_BACK, Task
from tests.faults.lab import child, judge
from tests.faults.test_kill import kill_at_random
from tests.faults.test_migration import SAVED, SCHEMAS, run
from tests.helpers import wait_until

pytestmark = pytest.mark.timeout(1200)
CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("read_back", [False, True])
def test_server_restart_or_cut_connection_in_a_run_loses_nothing_saved(
    read_back: bool, postgres: Server, much: int, tally: Tally
) -> None:
    url = postgres.new_database()

    def cut_off() -> None:
        """Cut all connections; wait for one, as the writer may not be back after a restart."""

        def is_cut() -> object:
            writer.catch_up()
            return postgres.query(CUT_OFF, url)

        wait_until(is_cut)

    deeds: list[Callable[[], None]] = [
        lambda: postgres.control("restart", "-m", "fast"),
        cut_off,
        lambda: postgres.control("restart", "-m", "immediate"),
        cut_off,
    ] * (2 * much)
    more, digits = (READING_BACK, 100_000) if read_back else ({}, 8_000)
    with child(Task(url, forever=True, patience=2000, **more)) as writer:
        for deed in deeds:
            writer.hear_until("saved")
            deed()
            writer.catch_up()
            writer.hear_until("saved")
        writer.kill()
    told = len(writer.said("failed"))
    assert judge(url, writer.acked, digits) == ""
    assert told >= len(deeds)
    blocks = ", blocks read back" if read_back else ""
    tally(f"PostgreSQL restarted, connections cut{blocks}", len(deeds), "0 lost, all told")


def test_program_killed_at_random_moments_loses_nothing_saved_on_a_server(
    postgres: Server, much: int, tally: Tally
) -> None:
    kills, faults = kill_at_random(Task(postgres.new_database(), forever=True), 6.0 * much, False)
    tally("SIGKILL at random moments, PostgreSQL", kills, f"{len(faults)} lost or damaged")
    assert faults == []


def test_control_postgres_with_asynchronous_commit_loses_saved_data(
    postgres: Server, tally: Tally
) -> None:
    faults = []
    for _ in range(10):
        url = postgres.new_database()
        with child(Task(url, saves=20, sabotage=("server-forgets",))) as writer:
            assert writer.hear_out() == 0
        postgres.control("restart", "-m", "immediate")
        faults += [fault] if (fault := judge(url, writer.acked)) else []
        if faults:
            break
    tally("  control: synchronous_commit off", 1, f"{len(faults)} lost")
    assert faults != []


def brought_over(
    postgres: Server, folder: Path, schema: int, log: str, *inject: str
) -> tuple[str, int]:
    """Migrate an older database on the server by opening it; return its URL and the exit code."""
    url = postgres.new_database()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        old_server(postgres, url, "unfinished", Path(place), schema)
    return url, run(Task(url, 3000, 40, 64, saves=0), log, "-e", "trace=sendto", *inject)[0]


@pytest.mark.usefixtures("strace")
@SCHEMAS
def test_postgres_migration_killed_at_one_of_its_messages_leaves_the_old_or_new_schema(
    schema: int, postgres: Server, folder: Path, much: int, tally: Tally
) -> None:
    log = folder / "calls"
    _, code = brought_over(postgres, folder, schema, str(log))
    statements = log.read_text().count("sendto(")
    assert code == 0
    assert statements > 20
    faults, left = [], set[bool]()
    tried = range(1, statements, 3 if much == 1 else 1)
    for n in tried:
        url, code = brought_over(
            postgres, folder, schema, "/dev/null", "-e", f"inject=sendto:signal=KILL:when={n}"
        )
        assert code == -9
        names = {name for (name,) in postgres.query("SELECT tablename FROM pg_tables", url)}
        columns = "SELECT column_name FROM information_schema.columns"
        found = {name for (name,) in postgres.query(f"{columns} WHERE table_name = 'pi_run'", url)}
        is_new = "identity" in found
        left.add(is_new)
        both = "pi_digits" in names and is_new
        fault = "tables of both" if both else judge(url, SAVED[schema], 3000)
        faults += [f"{n}: {fault}"] if fault else []
    tally(
        f"migration from {schema}, PostgreSQL, SIGKILL at the N-th message",
        len(tried),
        f"{len(faults)} lost",
    )
    assert faults == []
    assert left == {False, True}, "some were killed before the change, some after"
