"""The table of keys: no key twice, every action exists, and the help shows every key."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pi_tui
from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.pi_keys import PI_KEYS
from pi_tui.pi.app.pi_screen import PiScreen
from tests.pi.app.helpers import a_snapshot, a_still, text_of


def test_key_table_has_no_key_twice_and_only_existing_actions() -> None:
    names = [name for key in PI_KEYS.keys for name in key.keys.split(",")]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    for key in PI_KEYS.keys:
        where, _, action = key.action.partition(".")
        owner = PiApp if where == "app" else PiScreen
        assert hasattr(owner, f"action_{action.partition('(')[0]}")


def test_every_action_in_the_key_bar_has_a_label() -> None:
    words = {key.action: key.word for key in PI_KEYS.keys}
    for action in (*PI_KEYS.in_the_bar, *PI_KEYS.when_complete):
        assert words[action]


async def test_help_shows_every_key() -> None:
    async with a_still(a_snapshot(), (100, 200)) as (app, pilot):
        await pilot.press("f1")
        await pilot.pause()
        text = text_of(app)
        for key in PI_KEYS.keys:
            begin = key.meaning[:20]
            assert re.search(rf"│  {re.escape(key.shown)} +{re.escape(begin)}", text), key.action


def test_no_module_of_app_or_pi_has_the_name_of_another_module() -> None:
    folder = Path(pi_tui.__file__).parent
    names = Counter(path.name for path in folder.rglob("*.py") if path.name != "__init__.py")
    where = ("app", "pi")
    ours = {path.name for one in where for path in (folder / one).rglob("*.py")}
    assert [name for name in ours - {"__init__.py"} if names[name] > 1] == []
