"""Output that is copied or saved by a key, or selected by the mouse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.geometry import Offset
from textual.selection import Selection

from pi_tui.app.widgets import output_view
from pi_tui.app.widgets.output_tail import OutputTail
from pi_tui.checkpoints.records import Checkpoint
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


async def test_ctrl_c_after_a_double_click_copies_the_output_from_its_start_up_to_the_limit(
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


@pytest.mark.parametrize(("last", "copied"), [(1, "A"), (2, "A"), (4, "AB"), (7, "AB\0")])
async def test_mouse_selection_in_hex_ends_with_the_byte_under_its_end(
    last: int, copied: str, shown: Shown
) -> None:
    async with shown(b"AB\0\1" * 8) as (app, _):
        view = app.main_screen.query_one(OutputTail)
        gutter = view._gutter
        # Textual's end is the column after the one under the mouse.
        selection = Selection(Offset(gutter, 0), Offset(gutter + last + 1, 0))
        assert view.get_selection(selection) == (copied, "\n")


@pytest.mark.parametrize(("steps", "told"), [(12, True), (5, False)])
async def test_key_c_says_nothing_is_new_only_if_no_step_was_made_since_the_save(
    steps: int, told: bool, shown: Shown
) -> None:
    now = datetime.now(UTC)
    saved = Checkpoint(seq=1, steps=steps, length=4, size=9, saved_at=now, elapsed=1.0)
    async with shown(b"one\n", checkpoints=(saved,)) as (app, pilot):
        await pilot.press("c")
        await pilot.press("y")
        await until(lambda: "Copied" in text_of(app))
        assert ("Nothing new to save" in text_of(app)) == told
