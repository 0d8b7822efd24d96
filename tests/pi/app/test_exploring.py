"""Search, go to, copy, export, views, dialogs: on a real, complete run."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from textual.widgets import Input

from pi_tui.pi.app.pi_app import PiApp
from pi_tui.pi.app.widgets.note_line import NoteLine
from pi_tui.pi.digits import landmarks
from pi_tui.pi.digits.facts import FACTS, Fact
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import a_snapshot, a_still, paste, resize, text_of, until_state

DIGITS = 2_000


@asynccontextmanager
async def a_complete_run(
    bench: Bench, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[PiApp, Pilot[Any]]]:
    app = bench.app(DIGITS)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        yield app, pilot


async def test_search_finds_hits_while_the_user_types(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("g", *"1", "enter", "slash", *"999999")
        await until(lambda: "1 of 1 hit at position 762" in text_of(app))
        view = app.main_screen.digits
        assert view.here == (761, 767)
        first, end = view.in_view
        assert first <= 761 < end


async def test_key_n_goes_to_the_next_hit_and_wraps_around(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        hits = [at for at in range(DIGITS) if pi(DIGITS).startswith(b"14", at)]
        await pilot.press("g", *"1", "enter", "slash", *"14", "enter")
        view = app.main_screen.digits
        assert view.here == (hits[0], hits[0] + 2)
        for hit in [*hits[1:], hits[0]]:
            await pilot.press("n")
            assert view.here == (hit, hit + 2)
        await pilot.press("N")
        assert view.here == (hits[-1], hits[-1] + 2)
        await until(lambda: f"{len(hits)} of {len(hits)} hits" in text_of(app))


async def test_key_n_goes_to_a_hit_computed_after_the_search_began(bench: Bench) -> None:
    app = bench.app(DIGITS)
    app.worker.pause()
    async with app.run_test(size=(100, 30)) as pilot:
        await until_state(app, State.PAUSED)
        await pilot.press("slash", *"14", "enter")
        view = app.main_screen.digits
        assert (app.main_screen.count, view.here) == (0, None)
        app.worker.resume()
        await until(lambda: app.main_screen.count == DIGITS)
        await pilot.press("home")
        assert (view.in_view[0], view.here) == (0, None)
        await pilot.press("n")
        assert view.here == (0, 2)


async def test_key_escape_ends_the_search(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"14", "escape")
        assert app.main_screen.digits.needle is None
        await until(lambda: "? help" in text_of(app))


async def test_letters_typed_in_the_search_are_ignored(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"q9p9")
        needle = app.main_screen.digits.needle
        assert needle is not None
        assert needle.text == b"99"
        assert not app.quitting.is_over


async def test_search_counts_hits_while_digits_are_computed(bench: Bench) -> None:
    app = bench.app(200_000, "auto")
    async with app.run_test() as pilot:
        await until(lambda: app.main_screen.count > 500)
        await pilot.press("slash", *"7", "enter")
        needle = app.main_screen.digits.needle
        assert needle is not None
        before = needle.hits
        await until(lambda: needle.hits > before)
        await pilot.press("p")
        await until_state(app, State.PAUSED)
        await until(lambda: app.main_screen.count == app.worker.snapshot.made)
        assert needle.hits == bytes(app.worker.output).count(b"7")


async def test_key_g_goes_to_a_position_and_shift_g_to_the_end(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        view = app.main_screen.digits
        assert view.following
        await pilot.press("g", *"762", "enter")
        await until(lambda: view.here == (761, 762))
        assert view.in_view[0] <= 761 < view.in_view[1]
        await pilot.press("G")
        assert view.in_view[1] == DIGITS


async def test_go_to_explains_what_is_typed(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("g", *"5000")
        await until(lambda: "there are 2,000 digits so far, so no position 5,000" in text_of(app))
        await pilot.press("enter")
        assert app.screen is not app.main_screen
        await pilot.press("ctrl+u", *"50%")
        await until(lambda: "position 1,001 of 2,000" in text_of(app))
        await pilot.press("escape")
        assert app.screen is app.main_screen


async def test_selected_digits_are_copied_without_positions_and_gaps(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home")
        view = app.main_screen.digits
        left = view.lines.left
        app.screen.selections = {view: Selection(Offset(left, 0), Offset(left + 14, 1))}
        await pilot.press("ctrl+c")
        expected = pi(DIGITS)[: view.lines.per_line + 13].decode()
        assert app.clipboard == expected
        assert not app.quitting.is_over


async def test_mouse_selects_digits(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home")
        left = app.main_screen.digits.lines.left + 2  # border and padding
        await pilot.mouse_down("#digits", offset=(left, 1))
        await pilot.hover("#digits", offset=(left + 12, 1))
        await pilot.mouse_up("#digits", offset=(left + 12, 1))
        assert app.screen.get_selected_text() == pi(12).decode()


async def test_key_y_copies_the_line_with_its_position(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("home", "y")
        assert app.clipboard.startswith("1 1415926535 8979323846 ")
        await until(lambda: "Copied the line at 1." in text_of(app))


async def test_key_e_exports_a_range_or_all_digits(bench: Bench, tmp_path: Path) -> None:
    async with a_complete_run(bench) as (app, pilot):
        part, whole = tmp_path / "part.txt", tmp_path / "whole.txt"
        await pilot.press("e", "ctrl+u", *"762-767", "enter")
        await pilot.press("ctrl+u")
        await paste(pilot, str(part))
        await pilot.press("enter")
        await until(part.exists)
        assert part.read_text() == "999999\n"
        await pilot.press("e", "enter")
        await pilot.press("ctrl+u")
        await paste(pilot, str(whole))
        await pilot.press("enter")
        await until(whole.exists)
        assert whole.read_bytes() == b"3." + pi(DIGITS) + b"\n"
        await until(lambda: "Wrote 2,000 digits" in text_of(app))


async def test_key_s_saves_a_picture_of_the_walk_or_the_heat_map(
    bench: Bench, tmp_path: Path
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        for name, turns in (("a.svg", ()), ("b.png", ("v", "v"))):
            target = tmp_path / name
            await pilot.press(*turns, "s", "ctrl+u", *str(target), "enter")
            await until(target.exists)
            await until(lambda: "Drew 2,000 digits" in text_of(app))
        await pilot.press("s", "ctrl+u", *"a.gif")
        await until(lambda: "end the file's name" in text_of(app))


async def test_key_v_shows_the_next_view_and_the_next_start_shows_it_again(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v")
        await until(lambda: "walk: " in text_of(app))
        await until(lambda: "2,000 steps" in text_of(app))
        await pilot.press("v")
        await until(lambda: "heat map" in text_of(app))
        await pilot.press("d")
    again = bench.app(DIGITS)
    async with again.run_test(size=(100, 30)):
        await until(lambda: "heat map" in text_of(again))
        assert again.main_screen.digits.colored


async def test_heat_map_colours_both_halves_of_a_cell(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("v", "v")
        await until(lambda: "▀▀▀" in text_of(app))
        cells = [
            segment.style
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if "▀" in segment.text and segment.style is not None
        ]
        assert len({style.color for style in cells}) > 3
        assert len({style.bgcolor for style in cells}) > 3


async def see_the_card(app: PiApp, pilot: Pilot[int]) -> None:
    """Search for a birthday, and wait for the card with its position."""
    await pilot.press("b")
    await until(lambda: isinstance(app.focused, Input))
    await pilot.press(*"28.6.3589", "enter")
    await until(lambda: "written as month day" in text_of(app))


async def test_birthday_search_shows_a_card_with_the_position(bench: Bench, tmp_path: Path) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("b")
        await until(lambda: "Where is your date in pi?" in text_of(app))
        await pilot.press(*"28.6.3589")
        await until(lambda: "28 June 3589: 28063589" in text_of(app))
        await pilot.press("enter")
        at = pi(DIGITS).find(b"0628")
        await until(lambda: f"at position {at + 1:,} of 2,000 after the point" in text_of(app))
        assert "28 June is in pi as 0628, without the year" in text_of(app)
        assert "The full date, 28063589, takes about 99 million digits" in text_of(app)
        await pilot.press("y")
        await until(lambda: "Copied the card" in text_of(app))
        assert f"position {at + 1:,}" in app.clipboard
        for name in ("card.svg", "card.png"):
            target = tmp_path / name
            await see_the_card(app, pilot)
            await pilot.press("s")
            await until(lambda: isinstance(app.focused, Input))
            await pilot.press("ctrl+u", *str(target), "enter")
            await until(target.exists)
        await see_the_card(app, pilot)
        await pilot.press("enter")
        await until(lambda: app.main_screen.digits.here == (at, at + 4))


async def test_birthday_search_without_a_hit_shows_the_chance(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("b", *"99999999", "enter")
        await until(lambda: "is not in the first 2,000 digits" in text_of(app))
        await until(lambda: "A string of 8 digits is" in text_of(app))
        await pilot.press("escape", "b", *"30.13.1")
        await until(lambda: "a date like 14.3.1988" in text_of(app))


async def test_complete_run_offers_a_larger_one(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await until(lambda: "x more  b date  s draw" in text_of(app))
        await pilot.press("x")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))
        assert "y  Yes, begin it" in text_of(app)
        await pilot.press("n")
        await until(lambda: app.is_uncovered)
        assert app.worker.snapshot.goal == 2_000
        await pilot.press("x", "y")
        await until(lambda: app.worker.snapshot.goal == 20_000)


async def test_larger_run_is_not_offered_over_another_dialog(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("question_mark")
        await until(lambda: not app.is_uncovered)
        await app.run_action("app.more")
        await pilot.press("escape")
        await until(lambda: app.is_uncovered)
        await app.run_action("app.more")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))


async def test_larger_run_shows_the_digits_of_the_previous_run_at_once(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("x", "y")
        await until(lambda: app.worker.snapshot.overture == 2_000)
        assert app.worker.overture == pi(2_000)
        await until_state(app, State.COMPLETE)
        assert app.worker.output == pi(20_000)


async def test_key_x_pressed_before_the_run_is_loaded_waits_for_its_state(bench: Bench) -> None:
    async with a_complete_run(bench):
        pass
    app = bench.app(2_000)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await pilot.press("x")
        await until(lambda: "Begin another run, of 20,000 digits?" in text_of(app))


async def test_search_without_hits_offers_x_in_80_columns_too() -> None:
    snapshot = a_snapshot(state=State.COMPLETE, goal=10_000)
    async with a_still(snapshot, (80, 24)) as (app, pilot):
        await pilot.press("slash", *"14031988")
        await until(lambda: "chance" in text_of(app))
        assert "· x: more" in text_of(app)


async def test_key_x_after_a_search_without_hits_computes_until_there_is_one(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"2718")
        await until(lambda: "x looks in more digits" in text_of(app))
        await pilot.press("x")
        await until(lambda: "of 30,000 digits?" in text_of(app))
        assert "It looks for 2718, which is among so many" in text_of(app)
        await pilot.press("y")
        at = pi(30_000).find(b"2718")
        await until(lambda: app.main_screen.digits.here == (at, at + 4))


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


async def test_key_m_shows_the_digits_of_the_note(bench: Bench) -> None:
    app = bench.app(800)  # few enough that the note about position 762 still waits
    async with app.run_test(size=(100, 30)) as pilot:
        await until(lambda: app.main_screen.count == 800)
        note = app.main_screen.query_one("#note")
        while note.fact is not None and note.fact.position != 762:  # type: ignore[attr-defined]
            await pilot.press("escape")
        await pilot.press("m")
        assert app.main_screen.digits.here == (761, 767)


async def test_search_for_3_14159_finds_position_1(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"3.14159")
        await until(lambda: "1 of 1 hit at position 1 " in text_of(app))


async def test_letters_typed_in_the_search_show_a_message(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"ab")
        await until(lambda: "only digits can be found: pi has no letters" in text_of(app))
        await pilot.press(*"99999999")
        await until(lambda: "not in these 2,000" in text_of(app))


async def test_keys_m_and_c_tell_if_there_is_nothing_to_do(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        while app.main_screen.query_one(NoteLine).dismiss():
            pass
        await pilot.press("m")
        await until(lambda: "There is no note" in text_of(app))
        await pilot.press("c")
        await until(lambda: "Nothing new to save: every digit" in text_of(app))


async def test_export_of_a_range_suggests_a_file_name_with_the_range(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("e", "ctrl+u", *"762-767", "enter")
        await until(lambda: "pi-762-767.txt" in text_of(app))


async def test_title_after_a_picture_never_has_first_digit_after_last(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        seen: set[str] = set()
        view = app.main_screen.digits
        await pilot.press("v", "v")
        await until(lambda: "heat map" in text_of(app))
        app.main_screen.show_place()
        seen.add(str(view.border_title))
        await pilot.press("v")
        seen.add(str(view.border_title))
        await until(lambda: view.size.height and app.main_screen.stage.view == "digits")
        await pilot.pause()
        seen.add(str(view.border_title))
        for title in seen:
            first, last = (int(n.replace(",", "")) for n in title.split()[1::2])
            assert first <= last


async def test_theme_list_previews_a_theme_and_restores_the_old_one(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        before = app.theme
        await pilot.press("t")
        await until(lambda: "Enter chooses" in text_of(app))
        await pilot.press("down")
        await until(lambda: app.theme != before)
        await pilot.press("escape")
        await until(lambda: app.theme == before)
        assert app.looks.now.theme in ("", before)
        await pilot.press("t", "down", "enter")
        await until(lambda: app.looks.now.theme == app.theme != before)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_landmark_chosen_in_the_list_is_shown(size: tuple[int, int], bench: Bench) -> None:
    async with a_complete_run(bench, size) as (app, pilot):
        await pilot.press("l")
        await until(lambda: "The Feynman point" in text_of(app))
        await until(lambda: "Enter goes there" in text_of(app))
        assert text_of(app).partition("To come:")[0].count(" 762  ") == 1
        await pilot.press(*["down"] * 6, "enter")
        await until(lambda: app.screen is app.main_screen)
        await until(lambda: app.main_screen.digits.here == (761, 767))
        await pilot.press("l", "end")
        await until(lambda: "The longest run of 9s: 6 in a row." in text_of(app))
        await pilot.press("up", "enter")
        await until(lambda: app.screen is app.main_screen)
        here: tuple[int, int] | None = app.main_screen.digits.here
        assert here is not None
        assert set(pi(DIGITS)[slice(*here)]) == {ord("8")}


async def test_number_typed_in_the_list_of_landmarks_is_found_at_its_first_place(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("l", *"264")
        at = pi(DIGITS).index(b"264")
        await until(lambda: f"264  first at {at + 1:,}" in text_of(app))
        await pilot.press("backspace", *"00")
        await until(lambda: "2600  not among these 2,000 digits" in text_of(app))
        await pilot.press(*["backspace"] * 4, *"14")
        await until(lambda: "14  first at 1 " in text_of(app))
        await pilot.press(*["backspace"] * 2, *"2600")
        await pilot.press("enter")
        assert app.screen is not app.main_screen, "there is no such place"
        await pilot.press("backspace", "backspace", "enter")
        await until(lambda: app.screen is app.main_screen)
        assert app.main_screen.digits.here == (5, 7)


async def test_screen_responds_while_landmarks_are_searched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search takes a second among a hundred million digits."""
    look, began, may_end = landmarks.landmarks, threading.Event(), threading.Event()
    lived: list[bool] = []

    def slow(*digits: Any) -> list[Fact | str]:
        began.set()
        lived.append(may_end.wait(30))
        return look(*digits)

    monkeypatch.setattr(landmarks, "landmarks", slow)
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("l")
        await until(began.is_set)
        may_end.set()
        await until(lambda: "The Feynman point" in text_of(app))
    assert lived == [True]


async def test_landmark_not_reached_yet_cannot_be_chosen(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("l", *["down"] * 8)
        await until(lambda: "To come:" in text_of(app))
        await pilot.press("enter")
        await pilot.pause()
        assert "Landmarks" in text_of(app)
        await pilot.press("escape")
        await until(lambda: app.screen is app.main_screen)
        assert app.main_screen.digits.here is None


async def test_theme_list_shows_its_keys_in_one_line_of_80_columns(bench: Bench) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("t")
        await until(lambda: "pi-day" in text_of(app))
        assert app.screen.query_one(".keys").size.height == 1, "it is cut, not wrapped"


async def test_by_heart_shows_mistakes_and_saves_the_best_score(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    rings: list[str] = []
    async with a_complete_run(bench) as (app, pilot):
        monkeypatch.setattr(app, "bell", lambda: rings.append("rung"))
        await pilot.press("home", "h")
        await until(lambda: "Pi by heart" in text_of(app))
        assert not re.search(r"\d{5}", text_of(app)), "nothing to read it from, around it either"
        await pilot.press(*"14158", *"2")
        await until(lambda: "3.141592" in text_of(app))
        await until(lambda: "4 digits without a mistake · 1 mistake" in text_of(app))
        assert rings == ["rung"]
        await pilot.press("escape")
        await until(lambda: "4 digits by heart, your best" in text_of(app))
    again = bench.app(DIGITS)
    async with again.run_test(size=(100, 30)) as pilot:
        await until_state(again, State.COMPLETE)
        await pilot.press("h")
        await until(lambda: "best 4" in text_of(again))
        await pilot.press(*"141", "escape")
        await until(lambda: again.screen is again.main_screen)
        assert again._looks.by_heart == 4
