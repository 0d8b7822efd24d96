"""Runs too large for one go: everything is done in pieces, here in very small ones."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from pi_tui import needle
from pi_tui.checkpoints import glance as glances
from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.rows import output_rows
from pi_tui.files import output_file
from pi_tui.pi.app.views import heat_view
from pi_tui.pi.app.views.heat_view import HeatView
from pi_tui.pi.digits import patterns, statistics, walk
from pi_tui.pi.digits.pattern_table import pair_lines
from pi_tui.pi.digits.patterns import Patterns
from pi_tui.pi.digits.walk import Walk
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.snapshot import State
from tests.helpers import pi, until, wait_until
from tests.pi.app.conftest import Bench
from tests.pi.app.helpers import text_of, until_state

DIGITS = 3_000


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every piece so small that a short run has many of them."""
    for module, name, size in (
        (needle, "BLOCK", 300),
        (statistics, "CHUNK", 200),
        (patterns, "CHUNK", 200),
        (heat_view, "CHUNK", 3),
        (output_rows, "ROW_OUTPUT", 400),
        (output_file, "_PIECE", 500),
        (glances, "MOST", 700),
    ):
        monkeypatch.setattr(module, name, size)


@pytest.mark.usefixtures("in_pieces")
async def test_search_in_small_blocks_finds_and_counts_hits_and_wraps_around(bench: Bench) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_state(app, State.COMPLETE)
        view = app.main_screen.digits
        await pilot.press("end", "slash", *"999999")
        await until(lambda: "1 of 1 hit at position 762" in text_of(app))
        assert view.here == (761, 767)
        hits = [match.start() for match in re.finditer(b"14", pi(DIGITS))]
        await pilot.press("escape", "home", "slash", *"14", "enter")
        await until(lambda: f"1 of {len(hits)} hits" in text_of(app))
        await pilot.press("N")
        await until(lambda: f"{len(hits)} of {len(hits)} hits" in text_of(app))
        assert view.here == (hits[-1], hits[-1] + 2)
        await pilot.press("slash", "ctrl+u", *"1234567")
        await until(lambda: f"not in these {DIGITS:,} digits" in text_of(app))


@pytest.mark.usefixtures("in_pieces")
async def test_digits_counted_in_chunks_have_the_right_counts(bench: Bench) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_state(app, State.COMPLETE)
        await until(lambda: app.main_screen.counts.counted == DIGITS)
        found = Counter(pi(DIGITS).decode())
        assert app.main_screen.counts.counts == [found[digit] for digit in "0123456789"]
        await pilot.press("S")
        await until(lambda: f"among {DIGITS:,} digits" in text_of(app))


@pytest.mark.usefixtures("in_pieces")
async def test_heat_map_has_a_value_for_every_square_even_if_a_square_exceeds_a_chunk(
    bench: Bench,
) -> None:
    app = bench.app(DIGITS)
    async with app.run_test(size=(40, 12)):
        await until_state(app, State.COMPLETE)
        app.main_screen.stage.show("heat")
        await until(lambda: "heat" in str(app.main_screen.query_one(HeatView).border_title))
        heat = app.main_screen.query_one(HeatView)
        await until(lambda: not heat._busy and len(heat._values) > 1)
        assert heat._stride > heat_view.CHUNK
        assert len(heat._values) == DIGITS // heat._stride


@pytest.mark.usefixtures("in_pieces")
async def test_large_complete_run_shows_its_beginning_first_and_loads_the_rest_later(
    bench: Bench,
) -> None:
    worker = bench.worker(DIGITS)
    worker.start()
    wait_until(lambda: worker.snapshot.state is State.COMPLETE)
    worker.stop()
    assert worker.join(60)
    seen = glance(bench.location, SpigotKind(), None)
    assert seen is not None
    assert (len(seen.output), seen.committed, seen.complete) == (800, DIGITS, False)
    assert seen.output == pi(800)
    app = bench.app(DIGITS)
    app.live.forget(seen)
    assert app.live.output[:] == pi(800)
    async with app.run_test(size=(120, 40)):
        await until_state(app, State.COMPLETE)
        assert app.live.output[:] == pi(DIGITS)


@pytest.mark.usefixtures("in_pieces")
async def test_export_writes_the_range_in_pieces(bench: Bench, tmp_path: Path) -> None:
    app, file = bench.app(DIGITS), tmp_path / "some.txt"
    async with app.run_test(size=(120, 40)) as pilot:
        await until_state(app, State.COMPLETE)
        await pilot.press("e", "ctrl+u", *"1-1234", "enter")
        await until(lambda: "Into which file?" in text_of(app))
        await pilot.press("ctrl+u", *os.fspath(file), "enter")
        await until(file.exists)
        assert file.read_bytes() == b"3." + pi(1_234) + b"\n"


def test_walk_drawn_from_counts_of_digits_equals_the_walk_taken_digit_by_digit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(walk, "CAPACITY", 64)
    paths = []
    for counted in (4, 10**9):
        monkeypatch.setattr(walk, "_COUNTED", counted)
        paths.append(Walk())
        while paths[-1].feed(pi(20_000), 20_000):
            pass
    one, other = paths
    assert (one.stride, one.walked) == (other.stride, other.walked)
    assert all(abs(a - b) < 1e-6 for a, b in zip(one.points, other.points, strict=True))


def test_table_of_pairs_of_a_billion_digits_fits_eighty_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patterns = Patterns()
    patterns.feed(pi(1_000), 1_000)
    assert "thousands" not in "".join(pair_lines(patterns))
    patterns.count = 10**9
    monkeypatch.setattr(Patterns, "pairs", [5_000_000 + pair for pair in range(100)])
    assert max(map(len, pair_lines(patterns))) <= 80
