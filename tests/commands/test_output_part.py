"""A run that another process begins again while its output is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pi_tui.checkpoints.records import Run
from pi_tui.checkpoints.store import CheckpointStore
from pi_tui.commands.output_part import SavedOutput, part_of
from pi_tui.errors import StorageError
from pi_tui.files.output_file import FileContent, OutputFile
from tests.tiny import Finished, Walks

TASK = Walks().task()
READS: dict[str, Callable[[CheckpointStore, Run, Path], object]] = {
    "part": lambda store, run, _: part_of(store, run, 2, None),
    "file": lambda store, run, target: export(store, run, target),
}


def export(store: CheckpointStore, run: Run, target: Path) -> None:
    saved = SavedOutput(store, run)
    with OutputFile.claim(str(target), "") as file:
        file.write(FileContent(saved, b"", b"", *saved.range(1, None)))


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reading_output_of_a_run_begun_again_meanwhile_fails_and_keeps_the_old_file(
    read: Callable[[CheckpointStore, Run, Path], object], database: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.txt"
    target.write_text("of another day")
    with CheckpointStore.open(str(database), Walks()) as store:
        store.complete(store.open_run(TASK), Finished(b"27 00\n" * 9), 0.0, verified=False)
    with CheckpointStore.open(str(database), Walks(), write=False) as reader:
        (run,) = reader.runs()
        with CheckpointStore.open(str(database), Walks()) as store:
            store.restart(store.open_run(TASK), TASK)
        with pytest.raises(StorageError, match="begun again meanwhile"):
            read(reader, run, target)
    assert target.read_text() == "of another day"
