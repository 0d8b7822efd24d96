"""Settings of the app: saved, read again, and reported if they cannot be saved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pi_tui.app.looks.remembered import Remembered
from pi_tui.app.looks.themes import DAY, NIGHT
from pi_tui.pi.app.pi_app import PiLooks
from pi_tui.worker.snapshot import State
from tests.helpers import until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of, until_state


async def test_theme_is_saved_for_the_next_start(bench: Bench) -> None:
    app = bench.app(1_000)
    async with app.run_test() as pilot:
        assert app.theme == NIGHT
        await pilot.press("t", "down", "enter")
        await until(bench.memory.exists)
    again = bench.app(1_000)
    async with again.run_test():
        assert again.theme == DAY


@pytest.mark.parametrize("said", ["", "[]", "{", '{"theme": 7, "view": "walk", "more": 1}', "\0"])
def test_invalid_json_or_values_in_the_settings_file_are_ignored(tmp_path: Path, said: str) -> None:
    path = tmp_path / "face.json"
    path.write_text(said)
    remembered = PiLooks().recalled(path)
    assert isinstance(remembered, PiLooks)
    assert remembered.theme == ""
    assert remembered.view == ("walk" if "walk" in said else "digits")


def test_saving_settings_writes_a_complete_file_and_leaves_no_other_file_beside_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "deep" / "face.json"
    PiLooks(theme="nord", colored=True).save(path)
    assert json.loads(path.read_text())["theme"] == "nord"
    assert [one.name for one in path.parent.iterdir()] == ["face.json"]


def test_settings_of_another_app_stay_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "face.json"
    PiLooks(by_heart=7).save(path)
    Remembered(theme="nord").save(path)
    kept = PiLooks().recalled(path)
    assert kept == PiLooks(theme="nord", by_heart=7)


async def test_bell_that_was_turned_on_rings_at_completion_and_can_be_turned_off(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, rings = bench.app(1_000), list[str]()
    monkeypatch.setattr(app, "bell", lambda: rings.append("rung"))
    app.looks.turn_bell()
    async with app.run_test():
        await until_state(app, State.COMPLETE)
        await until(lambda: rings == ["rung"])
    again = bench.app(1_000)
    assert again.looks.now.bell
    again.looks.turn_bell()
    assert not again.looks.now.bell


async def test_settings_that_cannot_be_saved_are_reported(bench: Bench) -> None:
    bench.memory = Path("/proc/no/face.json")
    app = bench.app(1_000)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("d")
        await until(lambda: "The settings are not saved" in text_of(app))
        assert "Errno" not in text_of(app)
