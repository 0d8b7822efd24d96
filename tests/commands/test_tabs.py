"""Several browser tabs on one database: the first computes, the others watch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.browser_tab import see, tab
from tests.commands.serving import serving
from tests.helpers import saved, until


@pytest.fixture(autouse=True)
def slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow the run down, so that it is not over before the last tab is open."""
    monkeypatch.setenv("PI_TUI_PACE", "100")


async def test_further_tabs_watch_the_run_of_the_first(database: Path) -> None:
    with serving(database, digits=20_000) as up:
        async with tab(up) as first:
            await see(first, b"1415926535")
            await until(lambda: saved(database))
            async with tab(up) as second, tab(up) as third:
                for watching in (second, third):
                    await see(watching, b"watching")


async def test_reloaded_tab_resumes_the_run(database: Path) -> None:
    with serving(database, digits=20_000) as up:
        async with tab(up) as connection:
            await see(connection, b"1415926535")
            await until(lambda: saved(database))
        async with tab(up) as connection:
            await see(connection, b"running")
