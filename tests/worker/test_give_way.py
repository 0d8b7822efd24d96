"""Where a screen runs beside the worker, the screen goes first."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from pi_tui.spigot.kind import SpigotKind
from pi_tui.worker.job import Job
from pi_tui.worker.worker import NICENESS, Worker
from tests.helpers import wait_until


@pytest.mark.skipif(sys.platform != "linux", reason="niceness per thread is Linux's")
@pytest.mark.parametrize(("give_way", "niceness"), [(True, NICENESS), (False, 0)])
def test_only_a_worker_with_a_screen_beside_it_gives_way(
    give_way: bool, niceness: int, tmp_path: Path
) -> None:
    kind, location = SpigotKind(), str(tmp_path / "pi.sqlite3")
    job = Job(kind, kind.task(1_000_000), location, give_way=give_way)
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    worker = Worker(job)
    worker.start()
    try:
        wait_until(lambda: worker.snapshot.parts)  # it computes
        threads = {t.name: t.native_id for t in threading.enumerate()}
        spigot = threads["worker"]
        assert spigot is not None
        assert os.getpriority(os.PRIO_PROCESS, spigot) == max(own, niceness)
        assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own
    finally:
        worker.stop()
        assert worker.join(60)
