"""The lines of progress, from given snapshots."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from pi_tui.reports.progress import RunProgress, describe
from pi_tui.reports.resumed import how_it_goes_on
from pi_tui.reports.status_line import StatusLine
from pi_tui.worker.job import MAX
from pi_tui.worker.snapshot import SaveFailure, Snapshot, State


def snapshot(state: State = State.RUNNING, **changes: Any) -> Snapshot:
    facts: dict[str, Any] = {"made": 500, "saved": 400, "rate": 100.0, "done": 0.75, "left": 65.0}
    facts |= {"length": 1_000, "unit": "digits"}
    return Snapshot(state, 1_000, MAX, **(facts | changes))


FAILURE = SaveFailure(datetime(2026, 7, 22, 12, 0, tzinfo=UTC), "disk full at \x1b[31m/x")


def lines(*snapshots: Snapshot) -> list[str]:
    stream = io.StringIO()
    shown = RunProgress(StatusLine(stream))
    for each in snapshots:
        shown.show(each)
    return stream.getvalue().splitlines()


def test_progress_line_has_share_speed_and_time_left() -> None:
    assert describe(snapshot()) == (
        "running: 500 of 1,000 digits, 75.0 %, 100/s, 1 min 05 s left, 400 saved"
    )


def test_progress_prints_nothing_before_the_first_step() -> None:
    assert lines(snapshot(State.PREPARING, made=0)) == []


def test_progress_in_a_pipe_prints_the_change_to_verifying_once() -> None:
    comparing = snapshot(State.VERIFYING, part=1, parts=4)
    step_in_parts = snapshot(part=1, parts=4)
    told = lines(snapshot(), step_in_parts, comparing, comparing)
    assert told == ["verifying: 500 of 1,000 digits, 75.0 %, 1 min 05 s left, 400 saved"]


def test_progress_line_of_a_run_without_output_shows_the_speed_of_its_work() -> None:
    blocks = snapshot(made=0, saved=0, rate=0.0, work_rate=0.001)
    assert "0 of 1,000 digits, 75.0 %, 6.0 %/min, 1 min 05 s left" in describe(blocks)


def test_progress_in_a_pipe_prints_an_unchanged_state_every_five_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stream = io.StringIO()
    shown = RunProgress(StatusLine(stream))
    for _ in range(11):
        shown.show(snapshot())
        now += 1.0
    assert len(stream.getvalue().splitlines()) == 2


def test_progress_prints_a_note_once() -> None:
    noted = snapshot(notes=("an older checkpoint was used",))
    assert lines(noted, noted) == ["note: an older checkpoint was used"]


def test_progress_reports_when_saves_begin_to_fail_and_when_they_work_again() -> None:
    failing = snapshot(save_failure=FAILURE)
    began, ended = lines(snapshot(), failing, failing, snapshot(saved=450))
    assert began.startswith("NOT SAVED since ")
    assert began.endswith("disk full at ·[31m/x")
    assert ended == "saved again: 450 digits"


def test_progress_counts_rows_of_output_if_their_number_is_known_and_bytes_otherwise() -> None:
    counted = snapshot(made_lines=12, saved_lines=9, unit="rows")
    assert describe(counted) == "running: 12 rows, 75.0 %, 1 min 05 s left"
    assert describe(snapshot(unit="rows")).startswith("running: 500 bytes, ")
    ended = lines(snapshot(save_failure=FAILURE), counted)
    assert ended[-1] == "saved again: 9 rows"


def test_amount_lost_is_counted_in_rows_and_in_bytes_before_the_first_line_break() -> None:
    def lost(made_lines: int, saved_lines: int) -> str:
        return snapshot(unit="rows", made_lines=made_lines, saved_lines=saved_lines).lost

    assert (lost(12, 0), lost(12, 9), lost(0, 0)) == ("12 rows", "3 rows", "100 bytes")


def test_line_on_a_resumed_run_whose_saved_output_has_no_line_break_tells_its_bytes() -> None:
    when = datetime(2026, 7, 22, 12, 0, tzinfo=UTC)
    facts: dict[str, Any] = {"unit": "lines", "resumed": 400, "resumed_lines": 0}
    *_, shortest = how_it_goes_on(snapshot(**facts, resumed_at=when))
    assert shortest == "goes on after 400 bytes"
