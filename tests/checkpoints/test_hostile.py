"""Databases made by an attacker: each is refused or skipped with a clear message."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pi_tui.checkpoints.glance import glance
from pi_tui.checkpoints.rows.models import BadRow
from pi_tui.checkpoints.rows.state_rows import Entry, parse
from pi_tui.errors import DamagedError, NotOursError, PiTuiError
from pi_tui.machine import Known
from tests.checkpoints.conftest import OpenStore
from tests.checkpoints.helpers import advance, execute, forge, told
from tests.tiny import Walk, Walks

A = "0a" * 32
EVIL = "\x1b]0;owned\x07\u202e\x9b31m"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{A} 1 N now\n\n{A} 1 N peak",
        f"{A} 1 N now\n{A} 2 L now",
        f"{A} 1 X now",
        f"{A[:-1]} 1 N now",
        f"{A.upper()} 1 N now",
        f"{A} -1 N now",
        f"{A} 1e3 N now",
        f"{A} ١ N now",
        f"{A} 1 N ",
        f"{A} 1 N two words",
        f"{A} 1 N {EVIL}",
        f"{A} 1 N {'x' * 81}",
        f"{A} 999999999999 N now",
        f"{A} 1 N now\x0c{A} 1 N peak",
        f"{A} 1 N now" * 100_000,
        "\n".join(f"{A} 1 L {n}" for n in range(100_000)),
    ],
)
def test_load_treats_forged_manifest_as_damaged_checkpoint(
    text: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    forge(path, 3, text)
    store = open_store()
    loaded = store.load(run := store.open_run(saved.task))
    assert loaded.checkpoint is not None
    assert loaded.checkpoint.seq == 2
    assert len(loaded.notes) == 1
    assert loaded.notes[0].isprintable()
    assert loaded.machine is not None
    store.save(run, advance(loaded.machine, 15), 0.0)
    assert store.load(run).notes == ()
    assert store.check() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text() | st.from_regex(r"[0-9a-f]{64} [0-9]{1,12} [LN] \S{1,9}\n?", fullmatch=True))
def test_manifest_parses_to_its_entries_or_raises_bad_row(text: str) -> None:
    try:
        entries = parse(text)
    except BadRow:
        return
    again = "\n".join(map(str, entries))
    assert (
        again.split("\n")
        == [re.sub(r" 0*(?=[0-9])", " ", line, count=1) for line in text.splitlines()]
        or not text
    )


def test_manifest_entry_formatted_as_text_parses_to_an_equal_entry() -> None:
    entry = Entry(Known(bytes(32), 7), True, "table")
    assert parse(str(entry)) == [entry]


def test_messages_escape_hostile_names_and_numbers(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, "UPDATE pi_checkpoint SET seq = ? WHERE seq = 2", EVIL)
    execute(path, "UPDATE pi_run SET owner = ?", EVIL)
    store = open_store()
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert all(note.isprintable() for note in loaded.notes)
    assert run.owner.isprintable()
    assert all(problem.isprintable() for problem in store.check())
    assert all(note.isprintable() for note in store.load(run, 3).notes)
    execute(path, "UPDATE pi_run SET kind = ?", EVIL)
    with open_store(write=False) as reader:
        assert all(problem.isprintable() for problem in reader.check())


@pytest.mark.parametrize("seq", ["'two'", "x'02'", "2.5", "7.5", "9e999", "9223372036854775807"])
def test_load_and_save_work_if_a_saved_checkpoint_has_an_impossible_sequence_number(
    seq: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_checkpoint SET seq = {seq} WHERE seq = 2")
    for _ in range(2):
        with open_store() as store:
            run = store.open_run(saved.task)
            loaded = store.load(run)
            assert loaded.machine is not None
            assert loaded.output == bytes(loaded.machine.output)
            assert store.load(run, before=1).checkpoint is None
            assert store.load(run).checkpoint == loaded.checkpoint
            store.save(run, advance(loaded.machine, 5), 0.0)
    with open_store() as store:
        assert store.load(store.runs()[0]).notes == ()
        assert store.check() == []


@pytest.mark.parametrize("length", ["'long'", "x'07'", "9e999", "-1"])
def test_cut_truncates_output_and_deletes_a_checkpoint_of_impossible_length(
    length: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_checkpoint SET length = {length} WHERE seq = 3")
    store = open_store()
    run = store.open_run(saved.task)
    store.cut(run, len(saved.output) - 1)
    loaded = store.load(run)
    assert [checkpoint.seq for checkpoint in loaded.checkpoints] == [2]
    assert (loaded.output, loaded.notes) == (saved.output[:-1], ())


@pytest.mark.parametrize(
    "value",
    ["'late'", "x'00'", "9e999", "-9e999", "1.5", "9223372036854775807", "-9223372036854775808"],
)
@pytest.mark.parametrize("column", ["touched", "epoch", "verified"])
def test_run_works_with_hostile_values_of_touched_epoch_and_verified(
    column: str, value: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_run SET {column} = {value}")
    store = open_store()
    assert [run.goal for run in store.runs()] == [saved.task.goal]
    assert store.latest_run() is not None
    run = store.open_run(saved.task)
    loaded = store.load(run)
    assert told(loaded.machine) == told(saved)
    store.save(run, advance(saved, 5), 0.0)
    assert told(store.load(run).machine) == told(saved)


@pytest.mark.parametrize(
    "when",
    ["0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "yesterday",
     "", "٢٠٢٦-01-01", EVIL],
)  # fmt: skip
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_extreme_or_invalid_dates_can_be_displayed(
    when: str, zone: str, saved: Walk, path: str, open_store: OpenStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import time

    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        execute(path, "UPDATE pi_run SET created_utc = ?, updated_utc = ?", when, when)
        execute(path, "UPDATE pi_checkpoint SET saved_utc = ?", when)
        with open_store(write=False) as store:
            run = store.runs()[0]
            dates = [run.created_at, run.updated_at]
            dates += [checkpoint.saved_at for checkpoint in store.load(run).checkpoints]
            assert [date.astimezone().strftime("%H:%M") for date in dates]
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE pi_meta SET value = x'32'",
        f"UPDATE pi_meta SET value = '{'2' * 5000}'",
        "UPDATE pi_meta SET value = '٢'",
        "UPDATE pi_meta SET value = '0'",
        "UPDATE pi_meta SET value = '-1'",
        "UPDATE pi_meta SET value = ''",
        "DELETE FROM pi_meta",
        "DROP TABLE pi_meta",
        "DROP TABLE pi_piece",
        "ALTER TABLE pi_meta RENAME COLUMN value TO worth",
        "ALTER TABLE pi_run RENAME COLUMN committed TO done",
        "ALTER TABLE pi_run RENAME COLUMN owner TO holder",
        "ALTER TABLE pi_checkpoint RENAME COLUMN manifest TO list",
        "ALTER TABLE pi_piece RENAME COLUMN sha256 TO hash",
        "ALTER TABLE pi_output RENAME COLUMN chain TO link",
    ],
)
def test_changed_tables_raise_damaged_error_in_one_line(
    change: str, write: bool, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, change)
    with open(path, "rb") as file:
        before = file.read()
    with pytest.raises(DamagedError, match="left untouched") as caught:
        open_store(write=write)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500
    with open(path, "rb") as file:
        assert file.read() == before
    glance(path, Walks(), None)  # with any result, but without a warning


def test_column_types_with_unusable_arguments_cause_no_warning(
    saved: Walk, path: str, open_store: OpenStore
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        change = "UPDATE sqlite_master SET sql = replace(sql, 'VARCHAR(40)', ?)"
        connection.execute(change, ("DATE(4,0)",))
    with open_store() as store:
        assert told(store.load(store.open_run(saved.task)).machine) == told(saved)


@pytest.mark.parametrize("size", ["9e999", "-9e999", "'huge'", "x'00'", "9223372036854775807"])
def test_runs_are_listed_and_check_reports_impossible_sizes_and_times_of_checkpoints(
    size: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    execute(path, f"UPDATE pi_checkpoint SET size = {size}, elapsed_ms = {size}")
    execute(path, "INSERT INTO pi_piece SELECT id, zeroblob(32), 0, 9e999 FROM pi_run")
    with open_store(write=False) as store:
        assert [run.goal for run in store.runs()] == [saved.task.goal]
        problems = store.check()
        assert len(problems) == 2
        assert all(re.search("an impossible (size|elapsed_ms)", problem) for problem in problems)


@pytest.mark.parametrize("table", ["pi_meta", "pi_run", "pi_checkpoint", "pi_piece", "pi_output"])
def test_eight_odd_values_in_any_column_load_or_raise_damaged_or_not_ours_error(
    table: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    """Set every column to every odd value: no crash, and no wrong output.

    Each of the 312 values costs commits that wait for the disk, so there is a test per table: a
    slow disk would exceed one time-out for all of them.
    """
    with open(path, "rb") as file:
        sound = file.read()
    columns = [row[1] for row in execute(path, f"PRAGMA table_info({table})")]
    values: tuple[object, ...] = (-1, 0, 2**63 - 1, float("inf"), 0.5, "text", b"\xff" * 40, "")
    whole, refusals = Walks().new(saved.task).finalize(), []
    for column in columns:
        for value in values:
            with open(path, "wb") as file:
                file.write(sound)
            try:
                execute(path, f"UPDATE {table} SET {column} = ? WHERE true LIMIT 1", value)
            except Exception:  # SQLite may lack LIMIT here, or reject the value
                try:
                    execute(path, f"UPDATE OR REPLACE {table} SET {column} = ?", value)
                except Exception:
                    continue
            seen = glance(path, Walks(), None)
            assert seen is None or whole.startswith(seen.output)
            try:
                with open_store() as store:
                    store.check()
                    run = store.open_run(saved.task)
                    loaded = store.load(run)
                    assert whole.startswith(loaded.output)
                    if loaded.machine is not None:
                        loaded.machine.finalize()
                        store.complete(run, loaded.machine, 1.0, verified=False)
                    assert store.load(run).output == whole
            except (DamagedError, NotOursError) as refusal:
                refusals.append(str(refusal))
            except PiTuiError as error:
                raise AssertionError((table, column, value)) from error
    assert all(refusal.isprintable() for refusal in refusals)


@pytest.mark.parametrize("seq", ["CAST(x'ff' AS TEXT)", "-9e999"])
def test_load_and_save_work_if_the_only_checkpoint_has_an_impossible_sequence_number(
    seq: str, saved: Walk, path: str, open_store: OpenStore
) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'seq > 0', 'true')")
        connection.execute("DELETE FROM pi_checkpoint WHERE seq = 2")
        connection.execute(f"UPDATE pi_checkpoint SET seq = {seq}")
    store = open_store()
    loaded = store.load(run := store.open_run(saved.task))
    assert (loaded.checkpoint, loaded.output) == (None, saved.output)
    store.save(run, saved, 0.0)
    assert told(store.load(run).machine) == told(saved)
