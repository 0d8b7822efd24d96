"""Requests that the server refuses: another origin, another host, no token."""

from __future__ import annotations

import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.browser_tab import aiohttp, see, tab
from tests.commands.serving import Served, serving


async def refusal(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return int(answer.status)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://"]
)
async def test_websocket_from_another_origin_is_refused(origin: str, served: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with tab(served, Origin=origin):
            pass
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1:1", "127.0.0.1"])
async def test_request_with_another_host_or_port_is_refused(host: str, served: Served) -> None:
    url = f"{served.url}/?token={served.token}"
    assert await refusal(url, Host=host.format(served.port)) == 403
    for name in ("localhost", "127.0.0.1", socket.gethostname()):
        assert await refusal(url, Host=f"{name}:{served.port}") == 200


async def test_request_without_the_token_is_refused(served: Served) -> None:
    assert len(served.token) > 16
    for path in ("", "ws", "download/x"):
        for token in ("", "?token=", f"?token={served.token}x", "?token=%ff"):
            assert await refusal(f"{served.url}/{path}{token}") == 403


async def test_page_sets_a_strict_http_only_cookie_that_opens_the_websocket(served: Served) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(f"{served.url}/?token={served.token}") as page:
            assert "SameSite=Strict" in page.headers["Set-Cookie"]
            assert "HttpOnly" in page.headers["Set-Cookie"]
            assert f"ws://127.0.0.1:{served.port}/ws" in await page.text()
        async with session.ws_connect(f"{served.url}/ws", headers={"Origin": served.url}) as ws:
            await see(ws, b"1415926535")


async def test_server_with_option_no_token_admits_requests_without_a_token(database: Path) -> None:
    with serving(database, "--no-token") as served:
        assert served.token == ""
        assert await refusal(f"{served.url}/") == 200
        old = f"pi-tui-{served.port}=of-a-server-before"
        assert await refusal(f"{served.url}/?token=old", Cookie=old) == 200
        assert await refusal(f"{served.url}/", Host="evil.example") == 403


def test_request_with_two_or_no_host_headers_is_refused_without_a_traceback(served: Served) -> None:
    host = f"127.0.0.1:{served.port}"
    for hosts in ([host, "evil.example"], ["evil.example", host], [host, host], []):
        lines = [f"GET /?token={served.token} HTTP/1.1", *(f"Host: {name}" for name in hosts)]
        with closing(socket.create_connection(("127.0.0.1", served.port), timeout=60)) as line:
            line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            assert re.match(rb"HTTP/1.[01] 40[03] ", line.recv(100))
    served.process.terminate()
    _, err = served.process.communicate(timeout=60)
    assert err == b""
