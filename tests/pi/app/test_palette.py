"""The command palette."""

from __future__ import annotations

from tests.helpers import until
from tests.pi.app.helpers import a_snapshot, a_still, text_of


async def test_palette_offers_at_least_20_actions_and_none_twice() -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, _):
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert len(titles) == len(set(titles)) >= 20
        assert {"Find a birthday", "All runs", "Export to a file", "Theme"} <= set(titles)


async def test_ctrl_p_offers_the_birthday_search() -> None:
    async with a_still(a_snapshot(), (100, 30)) as (app, pilot):
        await pilot.press("ctrl+p", *"birth")
        await until(lambda: "Find a birthday" in text_of(app))
        await pilot.press("enter")
        await until(lambda: "Where is your date in pi?" in text_of(app))
