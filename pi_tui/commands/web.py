"""The web server of `pi-tui serve`. It trusts no page, no message and no window size.

A user of the app can overwrite files and delete runs, and every web page that is open in the same
browser can send requests to this machine. So a request must name this machine, come from our own
page, and contain the token that `serve` printed at its start.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import logging
import re
import shlex
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from textual_serve.app_service import AppService
from textual_serve.server import Server

from pi_tui.app.terminal.environment import COLUMNS, ROWS
from pi_tui.reports.standard_output import say

LONGEST_MESSAGE = 2**20
"""Maximum bytes of a message; larger than any text a user pastes."""
GRACE = 10.0
"""Seconds for the last save of an app; then it is killed, and its last checkpoint remains."""
_HEAD = Path(__file__).with_name("head.html")
_MALFORMED = (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Errors of textual-serve at a message that its own page would not send."""


class TabServer(Server):
    """A server of the app for browser tabs.

    It serves requests that name this machine, come from no other page, and contain the token.
    Static files need no token; if the token is "", no request needs one.
    """

    def __init__(self, command: list[str], host: str, port: int, token: str, *, title: str) -> None:
        # `exec` puts the app in the place of the shell, so that our signals reach it.
        super().__init__(f"exec {shlex.join(command)}", host=host, port=port, title=title)
        self._token = token
        names = ("localhost", host, "[::1]", socket.gethostname().lower())
        self._hosts = {f"{name}:{port}" for name in names} | (set(names) if port == 80 else set())
        self._cookie = f"pi-tui-{port}"  # cookies ignore the port: one name per server
        self._tabs: dict[Tab, web.WebSocketResponse] = {}
        # textual-serve logs "Application failed to start" for every tab closed before its first
        # frame.
        logging.getLogger("textual-serve").setLevel(logging.CRITICAL)
        logging.getLogger("aiohttp.server").addFilter(_is_ours)
        # asyncio warns of an "unknown child process" if a tab ends just as `terminate` looks at it.
        logging.getLogger("asyncio").setLevel(logging.ERROR)

    def run(self, door: socket.socket) -> None:
        """Serve on this socket until SIGINT, SIGTERM or SIGHUP; then every app saves and exits."""
        web.run_app(self._make_app(), sock=door, print=self._say_where, access_log=None,
                    shutdown_timeout=1.0)  # fmt: skip

    def _say_where(self, _: str) -> None:
        """Print the address to open in a browser; called when the port is open."""
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
        """End every app, which saves first, and wait for it; then close every tab's connection."""
        await asyncio.gather(*(tab.end() for tab in self._tabs))
        await asyncio.gather(*(socket.close() for socket in self._tabs.values()))

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Reject requests for another host name, from another site's page, or without the token.

        Static files need no token. Raises HTTPForbidden to reject a request.
        """
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
        return not wanted or any(
            hmac.compare_digest(word.encode("utf-8", "replace"), wanted) for word in given
        )

    async def handle_index(self, request: web.Request) -> Any:
        """Return the page and set a cookie with the token, if the server has one.

        The browser sends this cookie only with requests that come from pages on this host, or from
        an address that the user types in.
        """
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

        tab = Tab(
            self.command,
            write_bytes=connection.send_bytes,
            write_str=connection.send_str,
            close=connection.close,  # type: ignore[arg-type]  # what it returns is not used
            download_manager=self.download_manager,
        )
        self._tabs[tab] = connection
        try:
            await tab.start(*_bounded(request.query.get("width"), request.query.get("height")))
            await self._process_messages(connection, tab)
        finally:
            await tab.end()
            del self._tabs[tab]
        return connection

    async def _process_messages(self, websocket: web.WebSocketResponse, tab: AppService) -> None:
        """Handle messages from the page until it is closed; ignore malformed ones."""
        while True:
            with suppress(ConnectionError, *_MALFORMED):
                return await super()._process_messages(websocket, tab)


class Tab(AppService):
    """The process of the app for one browser tab."""

    _is_ending = False

    async def set_terminal_size(self, width: object, height: object) -> None:
        """Resize the app's window, to the size that `_bounded` makes of these values."""
        await super().set_terminal_size(*_bounded(width, height))

    async def send_bytes(self, data: bytes) -> bool:
        """Send keys to the app; return True if sent. Empty data is not: it would end the input."""
        return bool(data) and await super().send_bytes(data)

    async def end(self) -> None:
        """Terminate the app, which saves first; kill it after GRACE seconds."""
        process, task = self._process, self._task
        if process is None or task is None:
            return
        if process.returncode is None:
            if not self._is_ending:  # a second signal would make the app leave without its save
                self._is_ending = True
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
    """Return False for a log record about malformed HTTP, which is not a fault of the server.

    Such a record need not be printed, because the sender of the request gets an answer.
    """
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


def _our_page(page: str, title: str) -> str:
    """Return textual-serve's page with a title, its own font and the keyboard focus."""
    head = _HEAD.read_text("utf-8").replace("TITLE", html.escape(title), 1)
    return re.sub(r"<link[^>]*//fonts\.[^>]*>", "", page).replace("<head>", head, 1)


def _number(value: object) -> int:
    """Return the value as an int if it is an int or a text of 1 to 9 figures, else 0."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if type(value) is int else 0


def _bounded(width: object, height: object) -> tuple[int, int]:
    """Return columns and rows within what can be drawn; the default for 0 or for no number."""
    columns, rows = _number(width) or 80, _number(height) or 24
    return min(max(columns, COLUMNS[0]), COLUMNS[1]), min(max(rows, ROWS[0]), ROWS[1])
