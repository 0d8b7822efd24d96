"""The workers of a batch: threads that end, and processes that die."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from pi_tui.recipes.item_pool import Outcome, Pool, _DaemonThreads
from tests.helpers import LIMIT, wait_until


def test_shutdown_of_threads_does_not_wait_for_a_call_that_a_thread_takes_meanwhile() -> None:
    threads = _DaemonThreads(0)
    for number in range(3):
        threads.submit(abs, number)

    def take_one(_frame: object, event: str, _argument: object) -> None:
        """Take a call whenever `shutdown` looks at the queue, as a thread may."""
        if event.startswith("c_"):
            with suppress(queue.Empty):
                threads._calls.get_nowait()

    def end() -> None:
        sys.setprofile(take_one)
        threads.shutdown(wait=False, cancel_futures=True)

    ending = threading.Thread(target=end, daemon=True)
    ending.start()
    ending.join(LIMIT)
    assert not ending.is_alive()


def die_if_told(path: str) -> str:
    """Wait for the file; kill the process if it contains "die"."""
    wait_until(Path(path).exists)
    if Path(path).read_text() == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def test_item_whose_future_fails_late_after_a_process_died_is_not_blamed(tmp_path: Path) -> None:
    deadly, harmless = tmp_path / "deadly", tmp_path / "harmless"
    harmless.touch()
    pool = Pool(die_if_told, 1, threads=False)
    try:
        for index, path in enumerate((deadly, harmless)):
            pool.submit(index, str(path))
        first, _ = pool._running
        # The second future fails only after `collect` has seen the first, as on a busy computer.
        first.add_done_callback(lambda _: wait_until(lambda: first not in pool._running))
        (tmp_path / "part").write_text("die")
        (tmp_path / "part").rename(deadly)
        outcomes: list[Outcome] = []
        while len(outcomes) < 2:
            outcomes += pool.collect(LIMIT)
    finally:
        pool.close()
    assert sorted(outcomes) == [
        Outcome(0, "the process that computed it died", failed=True),
        Outcome(1, "alive", failed=False),
    ]
