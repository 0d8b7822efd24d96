"""The first start, which asks for digits, and the start on a saved run."""

from __future__ import annotations

import json
import subprocess
import sys

from pi_tui.worker.snapshot import State
from tests.helpers import pi, until, wait_until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of, until_state


async def test_first_start_asks_for_a_number_of_digits_and_explains_the_typed_number(
    bench: Bench,
) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "How many digits of pi?" in text_of(app))
        await pilot.press("ctrl+u", *"1e6")
        await until(lambda: "1,000,000 digits: about" in text_of(app))
        assert "MB of memory" in text_of(app)
        await pilot.press("ctrl+u", *"0", "enter")
        await until(lambda: "ask for 1 or more" in text_of(app))
        await pilot.press("ctrl+u", *"1_000", "enter")
        await until_state(app, State.COMPLETE)
        assert bytes(app.worker.output) == pi(1_000)
        assert "1,000 digits" in text_of(app)


async def test_first_question_shows_keys_examples_and_help(bench: Bench) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "Enter begins" in text_of(app) and "Esc leaves" in text_of(app))
        await pilot.press("down")
        await until(lambda: "100,000 digits: " in text_of(app))
        await pilot.press("question_mark")
        await until(lambda: "pause, which saves" in text_of(app))
        await pilot.press("escape", "up")
        await until(lambda: "20,000 digits: " in text_of(app))


async def test_resumed_run_tells_how_many_digits_were_saved_and_when(bench: Bench) -> None:
    first = bench.worker(200_000, digits_per_step=50)
    first.start()
    wait_until(lambda: first.snapshot.made > 0)
    first.stop()
    assert first.join(60)
    checkpoint = first.snapshot.checkpoint
    assert checkpoint is not None
    app = bench.app(200_000, "auto")
    async with app.run_test(size=(100, 30), notifications=True):
        when = f"{checkpoint.saved_at.astimezone():%Y-%m-%d}"
        await until(lambda: f"goes on after {checkpoint.length:,} digits, saved" in text_of(app))
        assert when in text_of(app)


async def test_first_start_exits_if_no_digits_are_given(bench: Bench) -> None:
    app = bench.app(None)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: "How many digits of pi?" in text_of(app))
        await pilot.press("escape")
        await until(lambda: app.quitting.is_over)
    assert app.return_code == 0


def test_import_of_the_app_loads_no_sqlalchemy_gmpy2_markdown_or_dialogs() -> None:
    ask = "import sys, pi_tui.pi.app.pi_app, json; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    heavy = ("sqlalchemy", "gmpy2", "rich.markdown", "markdown_it")
    assert not loaded & set(heavy)
    ours = ("screens.help", "screens.runs_list", "screens.dialogs")
    assert not loaded & {f"pi_tui.app.{name}" for name in ours}
    assert not loaded & {
        f"pi_tui.pi.app.{name}" for name in ("views.heat_view", "widgets.digit_search_bar")
    }
