"""What the screen shows of given snapshots: the digits, and the notice of a watcher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pi_tui.app.frames.flow import Flow
from pi_tui.app.frames.looking_on import notice
from pi_tui.checkpoints.glance import Glance
from pi_tui.checkpoints.records import Checkpoint
from pi_tui.worker.job import MAX, Pace
from pi_tui.worker.snapshot import Snapshot, State
from tests.pi.app.helpers import a_snapshot


def test_notice_offers_to_go_on_with_a_run_that_is_saved_without_output() -> None:
    checkpoint = Checkpoint(1, 3, 0, 9, datetime.now(UTC), 1.0)
    seen = Snapshot(State.WATCHING, 9, MAX, checkpoints=(checkpoint,), notice="it has ended")
    assert notice(seen)[-1] == "p goes on with it here"
    assert notice(replace(seen, checkpoints=()))[-1] == "p begins it here"


def test_digits_that_arrive_together_are_shown_gradually_at_a_set_pace() -> None:
    flow, pace = Flow(), Pace.of(1_000)
    jump = a_snapshot(pace=pace, made=5_000, saved=0)
    assert [flow.shown(jump, 0.1).made for _ in range(3)] == [100, 200, 300]
    assert flow.shown(jump, 60.0).made == 5_000, "and never more than there are"


def test_saved_digits_are_all_shown_in_the_first_frame_even_at_a_slow_pace() -> None:
    saved = a_snapshot(pace=Pace.of(1), made=5_000, saved=4_000)
    assert Flow().shown(saved, 0.1).made == 4_000


def test_all_digits_are_shown_without_delay_at_full_speed_and_in_a_pause() -> None:
    for at_once in (a_snapshot(pace=MAX), a_snapshot(state=State.PAUSED)):
        assert Flow().shown(at_once, 0.0) == at_once


def test_digits_of_an_overture_are_shown_as_unsaved_digits() -> None:
    playing = a_snapshot(pace=MAX, made=0, saved=0, overture=2_000)
    shown = Flow().shown(playing, 0.1)
    assert (shown.made, shown.saved) == (2_000, 0)


def test_saved_digits_are_in_the_first_frame_before_the_worker_has_loaded_them() -> None:
    opening = a_snapshot(state=State.PREPARING, made=0, saved=0, resumed=0)
    shown = Flow(Glance(20_000, 5, b"14159")).shown(opening, 0.1)
    assert (shown.made, shown.saved) == (5, 5)
