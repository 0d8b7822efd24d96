"""PostgreSQL stopped, restarted and cut off in the middle of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.checkpoints.server import Server
from tests.faults.conftest import Tally
from tests.faults.driver import Task
from tests.faults.lab import child, judge
from tests.faults.test_kill import kill_at_random

pytestmark = pytest.mark.timeout(1200)
CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'pi-tui%'"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def test_a_server_that_restarts_and_cuts_us_off_loses_nothing(
    server: Server, much: int, tally: Tally
) -> None:
    deeds: list[tuple[Callable[..., None], tuple[str, ...]]] = [
        (server.control, ("restart", "-m", "fast")),
        (server.execute, (CUT_OFF,)),
        (server.control, ("restart", "-m", "immediate")),
        (server.execute, (CUT_OFF,)),
    ] * (2 * much)
    url = server.new_database()
    with child(Task(url, forever=True, patience=2000)) as writer:
        for deed, arguments in deeds:
            writer.hear_until("saved")
            deed(*arguments)
            writer.hear_until("saved")
        writer.kill()
    told = len(writer.said("failed"))
    assert judge(url, writer.acked) == ""
    assert told >= len(deeds)
    tally("PostgreSQL restarted, connections cut, mid-run", len(deeds), "0 lost, all told")


def test_a_kill_at_any_moment_loses_nothing_there_either(
    server: Server, much: int, tally: Tally
) -> None:
    kills, faults = kill_at_random(Task(server.new_database(), forever=True), 6.0 * much, False)
    tally("SIGKILL at random moments, PostgreSQL", kills, f"{len(faults)} lost or damaged")
    assert faults == []


def test_control_a_server_that_confirms_before_it_writes_loses_what_was_saved(
    server: Server, tally: Tally
) -> None:
    faults = []
    for _ in range(10):
        url = server.new_database()
        with child(Task(url, saves=20, sabotage=("server-forgets",))) as writer:
            assert writer.hear_out() == 0
        server.control("restart", "-m", "immediate")
        faults += [fault] if (fault := judge(url, writer.acked)) else []
        if faults:
            break
    tally("  control: synchronous_commit off", 1, f"{len(faults)} lost")
    assert faults != []
