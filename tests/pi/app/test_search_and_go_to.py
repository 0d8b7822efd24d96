"""Search and go to in the app, on a real, complete run."""

from __future__ import annotations

from pi_tui.app.widgets.search_bar import SearchInput
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import DIGITS, a_complete_run, text_of, until_state


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


async def test_search_text_of_letters_and_digits_searches_the_digits_alone(bench: Bench) -> None:
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


async def test_go_to_dialog_says_which_position_the_text_means_or_why_it_means_none(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("g", *"5000")
        await until(lambda: "there are 2,000 digits so far, so no position 5,000" in text_of(app))
        await pilot.press("enter")
        assert app.screen is not app.main_screen
        await pilot.press("ctrl+u", *"50%")
        await until(lambda: "position 1,001 of 2,000" in text_of(app))
        await pilot.press("escape")
        assert app.screen is app.main_screen


async def test_search_for_3_14159_finds_position_1(bench: Bench) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash", *"3.14159")
        await until(lambda: "1 of 1 hit at position 1 " in text_of(app))


async def test_search_text_of_letters_alone_shows_a_message_until_a_digit_is_typed(
    bench: Bench,
) -> None:
    async with a_complete_run(bench) as (app, pilot):
        await pilot.press("slash")
        await until(lambda: isinstance(app.focused, SearchInput))
        await pilot.press(*"ab")
        for _ in range(2):
            app.live.look()
            app.main_screen.searching.show_hits()  # as at every poll of a run that computes
            await pilot.pause()
            assert "only digits can be found, 100 at most" in text_of(app)
        await pilot.press(*"99999999")
        await until(lambda: "not in these 2,000" in text_of(app))
