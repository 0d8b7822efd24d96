"""Work in a thread beside the screen, awaited or cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from pi_tui.worker import threads


def test_work_cancelled_before_its_thread_runs_is_not_done_and_raises_nothing_in_the_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late, done = list[threading.Thread](), list[str]()
    monkeypatch.setattr(threads, "start_all", late.append)

    async def cancel() -> None:
        task = asyncio.create_task(threads.in_thread(done.append, "work"))
        while not late:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    late[0].run()  # here, so that an exception of the thread would fail this test
    assert done == []
