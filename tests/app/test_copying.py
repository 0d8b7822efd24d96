"""Output that is copied: a line by a key, or what the mouse has selected."""

from __future__ import annotations

import pytest

from pi_tui.app.widgets import output_view
from tests.app.conftest import Shown
from tests.app.helpers import text_of
from tests.helpers import until


async def test_key_y_copies_the_top_line(shown: Shown) -> None:
    async with shown(b"one\ntwo\n") as (app, pilot):
        await pilot.press("y")
        assert app.clipboard == "one"


@pytest.mark.parametrize(
    ("output", "told"),
    [(b"\none\n", "This line is empty."), (b"", "There is nothing to copy yet.")],
    ids=["an empty line", "no output"],
)
async def test_key_y_says_why_it_copies_nothing(output: bytes, told: str, shown: Shown) -> None:
    async with shown(output) as (app, pilot):
        await pilot.press("y")
        await until(lambda: told in text_of(app))


async def test_double_click_selects_all_and_ctrl_c_copies_no_more_than_the_limit(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_view, "_MOST_COPIED", 1_000)
    output = b"".join(b"line %d\n" % number for number in range(1_000))
    async with shown(output) as (app, pilot):
        await pilot.click("OutputTail", offset=(10, 5), times=2)
        await pilot.press("ctrl+c")
        await until(lambda: "Copied 1,000 letters" in text_of(app))
        assert app.clipboard.encode() == output[:1_000]
        assert not app.quitting.is_leaving
