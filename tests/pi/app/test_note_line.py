"""The note about a fact: its place in the frame, and its keys."""

from __future__ import annotations

import itertools
from functools import partial

from pi_tui.pi.app.widgets.note_line import NoteLine
from pi_tui.pi.digits.facts import FACTS
from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, resize, text_of, until_state


async def test_note_never_covers_part_of_the_word_beside_it(bench: Bench) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(57, 24)) as pilot:
        await until_state(app, State.COMPLETE)
        note = app.main_screen.query_one(NoteLine)
        for width, fact in itertools.product(range(57, 130, 3), FACTS[:7]):
            if app.size.width != width:
                await resize(app, pilot, (width, 24))
            while note.dismiss():
                pass
            note.tell([fact])
            await pilot.pause()
            bottom = next(row for row in text_of(app).splitlines() if "✦" in row)
            seen, corner, _ = bottom.partition("╯")
            assert corner
            whole = fact.saying in seen
            rest = seen.partition(fact.saying)[2] if whole else seen.rpartition("…")[2]
            assert rest.replace("m show · Esc dismiss", "").strip("─ ") in ("", "following")


async def test_note_leaves_room_for_the_caption_of_a_picture(bench: Bench) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(140, 40)) as pilot:
        await until_state(app, State.COMPLETE)
        note = app.main_screen.query_one(NoteLine)
        while note.dismiss():
            pass
        note.tell([FACTS[0]])

        def beside() -> str:
            bottom = next((row for row in text_of(app).splitlines() if "✦" in row), "")
            return bottom.partition("╯")[0].partition(FACTS[0].saying)[2].strip("─ ")

        def is_beside(words: str) -> bool:
            return beside().replace("m show · Esc dismiss", "").strip("─ ") == words

        legend = "0 ■■■■■■■■■■ 9 · click for its digits"
        for words in ("+ - 0 arrows, click for its digits", legend):
            await pilot.press("v")
            await until(partial(is_beside, words))


async def test_key_m_shows_the_digits_that_the_note_is_about(bench: Bench) -> None:
    app = bench.app(800)  # few enough that the note about position 762 still waits
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.main_screen.count == 800)
        note = app.main_screen.query_one("#note")
        while note.fact is not None and note.fact.position != 762:  # type: ignore[attr-defined]
            await pilot.press("escape")
        await pilot.press("m")
        assert app.main_screen.digits.here == (761, 767)


async def test_key_m_without_a_note_and_key_c_with_nothing_to_save_say_so(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        while app.main_screen.query_one(NoteLine).dismiss():
            pass
        await pilot.press("m")
        await until(lambda: "There is no note" in text_of(app))
        await pilot.press("c")
        await until(lambda: "Nothing new to save: every digit" in text_of(app))
