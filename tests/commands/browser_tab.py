"""A browser tab without a browser: the websocket that it opens, and what arrives there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.commands.serving import Served

aiohttp = pytest.importorskip("aiohttp", reason="the web extra is not installed")
pytest.importorskip("textual_serve", reason="the web extra is not installed")


@asynccontextmanager
async def tab(
    served: Served, size: str = "width=100&height=30", **headers: str
) -> AsyncIterator[Any]:
    """Open the connection that a browser tab makes."""
    url = f"{served.url}/ws?{size}&token={served.token}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers) as connection,
    ):
        yield connection


async def see(connection: Any, text: bytes) -> bytes:
    """Wait until the text has arrived in the tab; return all that arrived until then."""
    seen = b""
    while text not in seen:
        message = await asyncio.wait_for(connection.receive(), 60)
        if message.type is aiohttp.WSMsgType.BINARY:
            seen += message.data
        assert message.type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), seen
    return seen


async def see_all(connection: Any, *texts: bytes) -> None:
    """Wait until all the texts have arrived in the tab, in any order."""
    seen = b""
    while left := [text for text in texts if text not in seen]:
        seen += await see(connection, left[0])
