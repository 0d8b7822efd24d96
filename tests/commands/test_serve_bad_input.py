"""Sizes, messages and folders that could harm the server or its apps."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.browser_tab import see, tab
from tests.commands.serving import Served, free_port

SIZES = ["width=0&height=0", "width=1000000000&height=1000000000", "width=-5&height=x", ""]


@pytest.mark.parametrize("size", SIZES)
async def test_window_of_impossible_size_does_not_exhaust_memory(size: str, served: Served) -> None:
    async with tab(served, size) as connection:
        await see(connection, b"running")
        values: tuple[object, ...] = (10**9, 0, -1, 10**400, 1e9, "x", None, [], {}, True)
        for value in values:
            await connection.send_json(["resize", {"width": value, "height": value}])
        await connection.send_json(["resize", {"width": 120, "height": 40}])
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        pids = [pid for pid in Path("/proc").iterdir() if is_child(pid, served.process.pid)]
        assert pids
        for pid in pids:
            peak = re.search(r"VmHWM:\s+(\d+) kB", (pid / "status").read_text())
            assert peak
            assert int(peak[1]) < 600_000


def is_child(process: Path, parent: int) -> bool:
    try:
        return f"PPid:\t{parent}\n" in (process / "status").read_text()
    except OSError:
        return False


MALFORMED = ["", "x", "5", "null", "{}", "[]", "[[]]", '["stdin"]', '["stdin", 5]', '["resize"]']
MALFORMED += [
    '["stdin", ""]',
    '["resize", 5]',
    '["stdin", "\\ud800"]',
    "[" * 100_000,
    '["ping"]',
    '["blur", 1]',
]


async def test_malformed_message_of_a_browser_tab_is_ignored(
    served: Served, database: Path
) -> None:
    async with tab(served) as connection:
        await see(connection, b"running")
        for message in MALFORMED:
            await connection.send_str(message)
        await connection.send_bytes(b"\xff\x00")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
    served.process.send_signal(signal.SIGTERM)
    out, err = served.process.communicate(timeout=60)
    assert b"Traceback" not in out + err


EVIL = (
    "import os; open(os.environ['EVIL_RAN'], 'a').close()\nraise ImportError('from the folder')\n"
)


async def test_app_served_to_a_browser_tab_runs_no_module_of_the_working_folder(
    database: Path, tmp_path: Path
) -> None:
    folder, ran = tmp_path / "evil", tmp_path / "ran"
    folder.mkdir()
    for name in ("sqlite3", "random", "textual", "gmpy2", "sqlalchemy", "pi_tui", "json"):
        (folder / f"{name}.py").write_text(EVIL)
    port = free_port()
    child = [sys.executable, "-P", "-m", "pi_tui", "serve", "--digits", "20000"]
    with subprocess.Popen(
        [*child, "--port", str(port), "--db", str(database)],
        cwd=folder,
        env=os.environ | {"EVIL_RAN": str(ran)},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout
            token = process.stdout.readline().decode().strip().partition("?token=")[2]
            async with tab(Served(port, token, process)) as connection:
                await see(connection, b"1415926535")
        finally:
            process.terminate()
    assert not ran.exists()
