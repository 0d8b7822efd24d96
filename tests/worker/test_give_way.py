"""A worker beside a screen lowers its priority."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.job import Job
from pi_tui.worker.threads import NICENESS
from pi_tui.worker.worker import Worker
from tests.helpers import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="niceness per thread is Linux's")


def own_niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def niceness_of_a_worker(folder: Path, *, give_way: bool) -> int:
    """Return the niceness of the computing thread of a worker started here."""
    kind, location = SpigotKind(), str(folder / "pi.sqlite3")
    worker = Worker(Job(kind, kind.task(1_000_000), location, give_way=give_way))
    worker.start()
    try:
        wait_until(lambda: worker.snapshot.parts)  # it computes
        threads = {t.name: t.native_id for t in threading.enumerate()}
        spigot = threads["worker"]
        assert spigot is not None
        return os.getpriority(os.PRIO_PROCESS, spigot)
    finally:
        worker.stop()
        assert worker.join(60)


@pytest.mark.parametrize(("give_way", "niceness"), [(True, NICENESS), (False, 0)])
def test_worker_lowers_its_priority_only_if_its_job_says_to_give_way(
    give_way: bool, niceness: int, tmp_path: Path
) -> None:
    own = own_niceness()
    assert niceness_of_a_worker(tmp_path, give_way=give_way) == max(own, niceness)
    assert own_niceness() == own


def test_worker_started_at_niceness_19_keeps_that(tmp_path: Path) -> None:
    """`nice -n 19 pi-tui`: lowering the niceness fails for all users but root."""

    def nicely() -> int:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        return niceness_of_a_worker(tmp_path, give_way=True)

    with ThreadPoolExecutor(1) as alone:
        assert alone.submit(nicely).result() == 19
