"""The web server of `pi-tui serve`. It trusts no page, no message and no window size.

A user of the app can overwrite files and delete runs, and every web page that is open in the same
browser can send requests to this machine. So a request must name this machine, come from our own
page, and contain the token that `serve` printed at its start.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import json
import logging
import re
import signal
import socket
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from aiohttp.http_exceptions import HttpProcessingError
from textual_serve.app_service import AppService
from textual_serve.server import Server

from pi_tui.app.terminal.environment import COLUMNS, ROWS
from pi_tui.reports.standard_output import say

LONGEST_MESSAGE = 2**20
"""Maximum bytes of a message; larger than any text a user pastes."""
GRACE = 10.0
"""Seconds for the last save of an app; then it is killed, and its last checkpoint remains."""


class TabServer(Server):
    """A server of the app, for clients that send the token; for all clients if the token is ""."""

    def __init__(self, command: list[str], host: str, port: int, token: str, *, title: str) -> None:
        super().__init__("pi-tui", host=host, port=port, title=title)
        self._arguments, self._token = command, token
        names = ("localhost", host, "[::1]", socket.gethostname().lower())
        self._hosts = {f"{name}:{port}" for name in names} | (set(names) if port == 80 else set())
        self._cookie = f"pi-tui-{port}"  # cookies ignore the port: one name per server
        self._tabs: dict[Tab, web.WebSocketResponse] = {}
        # textual-serve logs "Application failed to start" for every tab closed before its first
        # frame.
        logging.getLogger("textual-serve").setLevel(logging.CRITICAL)
        logging.getLogger("aiohttp.server").addFilter(_is_ours)

    def run(self, door: socket.socket) -> None:
        """Serve on this socket until SIGINT, SIGTERM or SIGHUP; then every app saves and exits."""
        web.run_app(self._make_app(), sock=door, print=self._say_where, access_log=None,
                    shutdown_timeout=1.0)  # fmt: skip

    def _say_where(self, _: str) -> None:
        """Print the address; called once the port is open."""
        token = f"?token={self._token}" if self._token else ""
        say(f"http://{self.host}:{self.port}/{token}\nctrl+c ends it; every tab saves first")

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Handle SIGHUP like SIGTERM."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.request_exit)

    async def on_shutdown(self, app: web.Application) -> None:
        """Wait until every app has saved and ended, then close the connection of every tab."""
        await asyncio.gather(*(tab.end() for tab in self._tabs))
        await asyncio.gather(*(socket.close() for socket in self._tabs.values()))

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Reject requests for another machine, from another page, or without the token."""
        origin = request.headers.get("Origin")
        hosts = [host.lower() for host in request.headers.getall("Host", [])]
        if (
            len(hosts) != 1
            or hosts[0] not in self._hosts
            or (
                origin is not None
                and origin.lower() not in {f"http://{name}" for name in self._hosts}
            )
        ):
            raise web.HTTPForbidden(text="pi-tui serves this machine only")
        if not (request.path.startswith("/static/") or self._knows_token(request)):
            raise web.HTTPForbidden(
                text="open the address that `pi-tui serve` printed, token and all"
            )
        response: web.StreamResponse = await handler(request)
        return response

    def _knows_token(self, request: web.Request) -> bool:
        given = (request.query.get("token", ""), request.cookies.get(self._cookie, ""))
        wanted = self._token.encode()
        return any(hmac.compare_digest(word.encode("utf-8", "replace"), wanted) for word in given)

    async def handle_index(self, request: web.Request) -> Any:
        """Return the page, with a cookie by which the browser sends the token for our page only."""
        self.public_url = f"http://{request.host}"  # else no cookie is sent
        response = await super().handle_index(request)
        if isinstance(response, web.Response):
            response.text = _our_page(response.text or "", self.title)
        if self._token:
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="Strict")
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Content-Security-Policy"] = (
            "default-src 'self' 'unsafe-inline' data:; frame-ancestors 'none'; "
            f"connect-src 'self' ws://{request.host}"
        )
        return response

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one tab until it is closed or its app has ended."""
        connection = web.WebSocketResponse(heartbeat=15, max_msg_size=LONGEST_MESSAGE, timeout=1.0)
        await connection.prepare(request)

        async def closed() -> None:
            await connection.close()

        tab = Tab(
            "pi-tui",
            write_bytes=connection.send_bytes,
            write_str=connection.send_str,
            close=closed,
            download_manager=self.download_manager,
        )
        tab.arguments = self._arguments
        self._tabs[tab] = connection
        try:
            await tab.start(
                _number(request.query.get("width")), _number(request.query.get("height"))
            )
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    with suppress(ConnectionError):
                        await tab.obey(message.data, connection)
        finally:
            await tab.end()
            del self._tabs[tab]
        return connection


class Tab(AppService):
    """The process of the app for one browser tab."""

    arguments: list[str]

    def _build_environment(self, width: int = 0, height: int = 0) -> dict[str, str]:
        columns, rows = _bounded(width, height)
        return dict(super()._build_environment(columns, rows))

    async def _open_app_process(self, width: int = 0, height: int = 0) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *self.arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE,
            env=self._build_environment(width, height),
        )  # fmt: skip
        self._stdin = self._process.stdin
        return self._process

    async def set_terminal_size(self, width: int, height: int) -> None:
        """Resize the app's window, within the limits."""
        await super().set_terminal_size(*_bounded(width, height))

    async def obey(self, text: str, connection: web.WebSocketResponse) -> None:
        """Handle a message from the page; ignore a malformed one."""
        try:
            kind, *values = json.loads(text)
        except (ValueError, TypeError, RecursionError):
            return
        value = values[0] if values else None
        if kind == "stdin" and isinstance(value, str):
            if keys := value.encode("utf-8", "ignore"):  # an empty write would read as EOF
                await self.send_bytes(keys)
        elif kind == "resize" and isinstance(value, dict):
            await self.set_terminal_size(_number(value.get("width")), _number(value.get("height")))
        elif kind == "ping":
            await connection.send_json(["pong", value])
        elif kind == "blur":
            await self.blur()
        elif kind == "focus":
            await self.focus()

    async def end(self) -> None:
        """Terminate the app, which saves first; kill it after GRACE seconds."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), GRACE)
            except TimeoutError:
                process.kill()
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _is_ours(record: logging.LogRecord) -> bool:
    """Return False for a log record about malformed HTTP, because its sender gets an answer."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _our_page(page: str, title: str) -> str:
    """Return textual-serve's page with a title, its own font and the keyboard focus."""
    head = _HEAD.replace("TITLE", html.escape(title), 1)
    return re.sub(r"<link[^>]*//fonts\.[^>]*>", "", page).replace("<head>", head, 1)


_HEAD = """<head>
<title>TITLE</title>
<link rel="preload" as="font" type="font/ttf" crossorigin
  href="/static/fonts/RobotoMono-VariableFont_wght.ttf">
<style>
@font-face {
  font-family: "Roboto Mono"; font-weight: 100 700;
  src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}
</style>
<script>
function focus() { document.querySelector(".xterm-helper-textarea")?.focus(); }
addEventListener("load", () => new MutationObserver((_, connecting) => {
  if (document.body.classList.contains("-loaded")) {  // before, the app could not be told
    connecting.disconnect();
    focus();
  }
}).observe(document.body, {attributeFilter: ["class"]}));
addEventListener("mouseup", event => event.target.tagName === "BUTTON" || focus());
</script>"""


def _number(value: object) -> int:
    """Return the value if it is a whole number, else 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is int else 0


def _bounded(width: int, height: int) -> tuple[int, int]:
    """Limit a window to sizes that can be drawn; use the default for a size of 0."""
    columns = min(max(width or 80, COLUMNS[0]), COLUMNS[1])
    return columns, min(max(height or 24, ROWS[0]), ROWS[1])
