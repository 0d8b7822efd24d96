"""The app in a real headless Chromium: what its user would press, see and get."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.commands.browser_tab import aiohttp
from tests.commands.serving import Served, free_port, is_open, serving
from tests.helpers import pi, pi_tui, saved, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--window-size=1200,700",
)


class Page:
    """A tab, driven by the DevTools protocol."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._number = 0
        self._sent = b""
        """Everything the server sent to the terminal in the tab."""

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Make a DevTools call and return its answer.

        Record what the tab receives meanwhile.
        """
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        await self._connection.send_json(request)
        while True:
            answer = json.loads((await asyncio.wait_for(self._connection.receive(), 60)).data)
            if answer.get("method") == "Network.webSocketFrameReceived":
                frame = answer["params"]["response"]
                self._sent += (
                    base64.b64decode(frame["payloadData"]) if frame["opcode"] == 2 else b""
                )
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    async def reckon(self, script: str) -> Any:
        """Evaluate a JavaScript expression in the page; return its value."""
        answer = await self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        async with asyncio.timeout(60):
            while not await self.reckon(script):
                await asyncio.sleep(0.01)

    async def read(self, pattern: str) -> re.Match[str]:
        """Wait for text that matches; return the newest match among the tab's messages."""
        found: list[re.Match[str]] = []
        async with asyncio.timeout(60):
            while not found:
                await self.reckon("0")  # lets pending messages arrive
                text = re.sub(r"\x1b\[[^@-~]*[@-~]", "", self._sent.decode(errors="replace"))
                found = [*re.finditer(pattern, text)]
        return found[-1]

    async def type(self, keys: str) -> None:
        """Press the keys, one after the other."""
        for key in keys:
            name = "Enter" if key == "\r" else key
            for kind in ("keyDown", "keyUp"):
                await self.call("Input.dispatchKeyEvent", type=kind, text=key, key=name)

    async def click(self, x: int, y: int) -> None:
        """Click the mouse at this point."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def picture(self) -> Image.Image:
        """Take a screenshot of the window."""
        data = (await self.call("Page.captureScreenshot"))["data"]
        return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


class Chromium:
    """A browser with a fresh profile."""

    def __init__(self, address: str, session: Any) -> None:
        self._address, self._session = address, session

    @asynccontextmanager
    async def tab(self, url: str) -> AsyncIterator[Page]:
        """Open a new tab and wait until its app is shown and has the keyboard focus."""
        opened = f"{self._address}/json/new?about:blank"
        async with self._session.put(opened) as answer:
            socket = (await answer.json())["webSocketDebuggerUrl"]
        async with self._session.ws_connect(socket) as connection:
            page = Page(connection)
            await page.call("Network.enable")
            await page.call("Page.navigate", url=url)
            await page.until("document.body?.classList.contains('-first-byte')")
            yield page


@asynccontextmanager
async def chromium(profile: Path) -> AsyncIterator[Chromium]:
    """Start a browser; end it after the test."""
    port, silent = free_port(), asyncio.subprocess.DEVNULL
    flags = [*FLAGS, f"--remote-debugging-port={port}", f"--user-data-dir={profile}"]
    assert CHROMIUM
    browser = await asyncio.create_subprocess_exec(CHROMIUM, *flags, stdout=silent, stderr=silent)
    try:
        await until(lambda: is_open(port))
        async with aiohttp.ClientSession() as session:
            yield Chromium(f"http://127.0.0.1:{port}", session)
    finally:
        browser.kill()
        await browser.wait()


def address(served: Served) -> str:
    return f"{served.url}/?token={served.token}"


async def test_first_start_in_a_browser_takes_keys_before_any_click(
    database: Path, tmp_path: Path
) -> None:
    with serving(database, digits=None) as served:
        async with chromium(tmp_path / "profile") as browser, browser.tab(address(served)) as page:
            assert await page.reckon("document.title") == "π pi-tui"
            # Type the answer without pressing Tab or clicking first.
            await page.type("700\r")
            await until(lambda: saved(database))
            await page.type("f")
            await until(lambda: saved(database) == 700)
            colors = (await page.picture()).getcolors(10**6) or []
            assert len(colors) > 100  # letters, not a blank page


async def test_click_beside_the_first_dialog_leaves_the_focus_in_its_field(
    database: Path, tmp_path: Path
) -> None:
    with serving(database, digits=None) as served:
        async with chromium(tmp_path / "profile") as browser, browser.tab(address(served)) as page:
            height = await page.reckon("innerHeight")
            await page.click(100, 300)  # within the app, beside its dialog
            await page.click(600, height - 2)  # below the last row of the terminal
            await page.type("700\r")
            await until(lambda: saved(database))


async def test_page_requests_nothing_from_other_hosts(database: Path, tmp_path: Path) -> None:
    with serving(database) as served:
        async with chromium(tmp_path / "profile") as browser, browser.tab(address(served)) as page:
            names = "performance.getEntriesByType('resource').map(each => each.name)"
            fetched = await page.reckon(names)
            assert any(name.endswith(".js") for name in fetched)
            assert all(name.startswith(f"{served.url}/") for name in fetched)
            assert await page.reckon("document.fonts.check('16px \"Roboto Mono\"')")


async def test_text_copied_in_a_tab_is_in_the_browsers_clipboard(
    database: Path, tmp_path: Path
) -> None:
    assert pi_tui("run", "--digits", 50, "--db", database).returncode == 0
    with serving(database, digits=50) as served:
        async with chromium(tmp_path / "profile") as browser, browser.tab(address(served)) as page:
            allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
            await page.call("Browser.grantPermissions", permissions=allowed)
            await page.call("Page.bringToFront")
            await page.type("y")
            await page.until("navigator.clipboard.readText().then(text => text.includes(' '))")
            copied = await page.reckon("navigator.clipboard.readText()")
            assert "".join(copied.split()[1:]).replace("3.", "") == pi(50).decode()


async def test_second_tab_watches_the_run_of_the_first(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PI_TUI_PACE", "100")  # slow enough that the run is not over before we look
    monkeypatch.setenv("PI_TUI_CHECKPOINT_EVERY", "100")

    async def shown(page: Page) -> int:
        return int((await page.read(r"digits +([\d,]+) of 20,000"))[1].replace(",", ""))

    with serving(database) as served:
        async with (
            chromium(tmp_path / "profile") as browser,
            browser.tab(address(served)) as first,
        ):
            await until(lambda: saved(database) > 300)
            async with browser.tab(address(served)) as second:
                assert await second.reckon("document.title") == "π pi-tui"
                await second.read(r"watching pid \d+ on ")
                before = await shown(second)
                assert before >= 300
                async with asyncio.timeout(60):
                    while await shown(second) < before + 300:
                        await asyncio.sleep(0.01)
                assert await shown(second) <= saved(database), "it shows what is saved, no more"
                await second.type("/926535")
                await second.read("1 of 1 hit at position 5")
                await first.type("p")
                await first.read("paused")
                whole = saved(database)
                async with asyncio.timeout(60):
                    while await shown(second) != whole:
                        await asyncio.sleep(0.01)


async def test_second_tab_shows_an_app_and_a_closed_tab_ends_its_app_and_frees_the_run(
    database: Path, tmp_path: Path
) -> None:
    with serving(database) as served:
        async with chromium(tmp_path / "profile") as browser:
            async with browser.tab(address(served)) as first:
                await until(lambda: saved(database))
                await first.type("p")
                async with browser.tab(address(served)) as second:
                    assert await second.reckon("document.title") == "π pi-tui"
                    await second.call("Page.close")
                await first.type("p")
                before = saved(database)
                await until(lambda: saved(database) > before)
                await first.call("Page.close")
            # Saved, and the lock is free: another pi-tui can resume the run.
            more = ("run", "--digits", "20000", "--db", database)
            await until(lambda: pi_tui(*more).returncode == 0)
