"""The app in a browser: by the websocket a tab uses, and in a real Chromium."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from pi_tui.commands.serve import app_command
from tests.helpers import pi_tui, saved, started, until, wait_until

aiohttp = pytest.importorskip("aiohttp", reason="the web extra is not installed")
pytest.importorskip("textual_serve", reason="the web extra is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_the_first_question_takes_keys_in_a_tab_that_was_not_clicked(
    database: Path,
) -> None:
    port = free_port()
    with started("serve", "--db", database, "--port", port):
        await until(lambda: is_open(port))
        async with tab(port) as connection:
            await see(connection, b"How many digits")
            await connection.send_json(["stdin", "\x15700\r"])
            await see(connection, b"1415926535")
            await until(lambda: saved(database) > 0)


@pytest.fixture
def served(database: Path) -> Iterator[int]:
    """The port of a server on this test's database; the app behind it computes 20,000 digits."""
    port = free_port()
    with started("serve", "--db", database, "--digits", "20000", "--port", port):
        wait_until(lambda: is_open(port))
        yield port


@asynccontextmanager
async def tab(port: int) -> AsyncIterator[Any]:
    """The connection a browser tab makes."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{port}/ws?width=100&height=30") as connection,
    ):
        yield connection


async def see(connection: Any, text: bytes) -> None:
    """The text has come to the tab."""
    seen = b""
    while text not in seen:
        message = await asyncio.wait_for(connection.receive(), 60)
        if message.type is aiohttp.WSMsgType.BINARY:
            seen += message.data
        assert message.type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), seen


async def test_a_tab_shows_the_app_and_its_keys_work(served: int, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        assert 0 < saved(database) < 20_000


async def test_a_tab_has_a_title(served: int) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{served}/") as answer,
    ):
        assert "<title>π pi-tui</title>" in await answer.text()


async def test_a_closed_tab_saves_and_ends_its_app(served: int, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"running")
    await until(lambda: saved(database))
    # The lock is free again: the run can be finished by another pi-tui.
    await until(lambda: pi_tui("run", "--digits", "20000", "--db", database).returncode == 0)


async def test_it_listens_on_this_machine_only(served: int) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in others - {"127.0.0.1", "127.0.1.1", "::1"}:
        family = socket.AF_INET6 if ":" in str(address) else socket.AF_INET
        with closing(socket.socket(family)) as probe:
            assert probe.connect_ex((str(address), served)) != 0


def test_a_port_in_use_is_one_line(served: int, database: Path) -> None:
    done = pi_tui("serve", "--port", served, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pi-tui: port {served}: ")
    assert done.stderr.count("\n") == 1


def test_without_the_extra_it_says_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['textual_serve'] = None\n"
        "from pi_tui.cli import main; sys.exit(main(['serve']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "pi-tui: serving needs textual-serve: pip install 'pi-tui[web]'\n"


def test_the_command_behind_a_tab_is_safe_in_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/home/a b;rm/$python")
    assert app_command(9) == "'/home/a b;rm/$python' -m pi_tui --digits 9"


class Chromium:
    """A headless Chromium, driven by its DevTools protocol."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._number = 0

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer to a DevTools call."""
        self._number += 1
        await self._connection.send_json(
            {"id": self._number, "method": method, "params": parameters}
        )
        while True:
            answer = json.loads((await asyncio.wait_for(self._connection.receive(), 60)).data)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    async def press(self, key: str) -> None:
        """Type one letter."""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, text=key, key=key)

    async def picture(self) -> bytes:
        """What the window looks like, as PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])


@asynccontextmanager
async def chromium(url: str, profile: Path) -> AsyncIterator[Chromium]:
    port = free_port()
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,700"]
    flags += [f"--remote-debugging-port={port}", f"--user-data-dir={profile}", url]
    assert CHROMIUM
    silent = asyncio.subprocess.DEVNULL
    browser = await asyncio.create_subprocess_exec(CHROMIUM, *flags, stdout=silent, stderr=silent)
    try:
        await until(lambda: is_open(port))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                page = next(p for p in await answer.json() if p["type"] == "page")
            async with session.ws_connect(page["webSocketDebuggerUrl"]) as connection:
                yield Chromium(connection)
    finally:
        browser.kill()
        await browser.wait()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
async def test_in_a_real_browser_it_is_seen_paused_and_saved(
    served: int, database: Path, tmp_path: Path
) -> None:
    async with chromium(f"http://127.0.0.1:{served}/", tmp_path / "profile") as browser:
        await until(database.exists)
        while not saved(database):
            await browser.press("p")
        assert saved(database) < 20_000
        picture = await browser.picture()
    assert picture.startswith(b"\x89PNG")
