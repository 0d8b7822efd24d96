"""How the server begins and ends, and its apps with it."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from pathlib import Path

import pytest

from tests.commands.browser_tab import see, tab
from tests.commands.serving import Served, free_port, is_open, serving
from tests.helpers import pi_tui, saved, started, until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_server_at_a_signal_exits_with_0_and_its_run_is_saved_and_free(
    number: signal.Signals, served: Served, database: Path
) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
        served.process.send_signal(number)
        await until(lambda: served.process.poll() is not None, limit=15)
        assert served.process.returncode == 0
        assert saved(database)
        assert pi_tui("run", "--digits", "20000", "--db", database).returncode == 0


async def test_app_of_killed_server_ends_and_frees_its_run(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"running")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        served.process.kill()
        await until(lambda: pi_tui("run", "--digits", "20000", "--db", database).returncode == 0)


def test_address_is_printed_when_the_port_is_open(database: Path) -> None:
    for _ in range(3):
        port = free_port()
        with started("serve", "--db", database, "--port", port) as process:
            assert process.stdout
            assert process.stdout.readline()
            assert is_open(port)


async def test_server_reports_no_failure_for_tabs_closed_0_to_300_ms_after_they_opened(
    database: Path,
) -> None:
    with serving(database) as up:
        for pause in (0.0, 0.05, 0.3):
            async with tab(up):
                await asyncio.sleep(pause)  # close before the first frame
        up.process.terminate()
        out, err = await asyncio.to_thread(up.process.communicate, timeout=60)
    assert err == b""
    assert b"failed" not in out


APP = """
import os, signal, time
signals = []
def note(number, _):
    signals.append(number)
    os.write(1, b"signal\\n")
signal.signal(signal.SIGTERM, note)
os.write(1, b"ready\\n")
while not os.path.exists("GO"):
    time.sleep(0.01)
os.write(1, b"%d in all\\n" % len(signals))
"""


async def test_tab_that_is_closed_while_the_server_ends_gets_one_signal_only(
    tmp_path: Path,
) -> None:
    """After a second signal, the app would leave without its save."""
    from textual_serve.download_manager import DownloadManager

    from pi_tui.commands.web import Tab

    async def nothing(_: object = None) -> None:
        pass

    go = tmp_path / "go"
    command = shlex.join([sys.executable, "-c", APP.replace("GO", str(go))])
    tab = Tab(
        f"exec {command}",
        write_bytes=nothing,
        write_str=nothing,
        close=nothing,
        download_manager=DownloadManager(),
    )
    process = await tab._open_app_process()
    assert process.stdout
    tab._task = asyncio.create_task(nothing())
    assert await process.stdout.readline() == b"ready\n"
    first = asyncio.create_task(tab.end())
    assert await process.stdout.readline() == b"signal\n"
    second = asyncio.create_task(tab.end())
    await asyncio.sleep(0)  # it runs until it waits for the end of the app
    go.touch()
    await asyncio.gather(first, second)
    assert (await process.stdout.read()).endswith(b"1 in all\n")
