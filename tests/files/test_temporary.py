"""Temporary files: interrupts leave none behind, and foreign files are kept."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from pi_tui.files import temporary
from pi_tui.files.output_file import FileContent, OutputFile
from pi_tui.files.temporary import Temporary, left_over


@contextmanager
def interrupted(at: int) -> Iterator[None]:
    """Raise KeyboardInterrupt before the `at`-th line that pi_tui/files executes, as ctrl+c may.

    Lines of `__exit__` and `_remove` do not count.
    """
    lines, ours = 0, str(Path(temporary.__file__).parent)

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(ours):
            return None
        if event == "line" and frame.f_code.co_name not in ("__exit__", "_remove"):
            lines += 1
            if lines == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def write_digits(folder: Path) -> None:
    with OutputFile.claim(str(folder / "pi.txt"), "") as target:
        target.write(FileContent(b"14", b"3.", b"\n"))


def make_folder(folder: Path) -> None:
    with Temporary(folder / "copy.db", ".partial") as made:
        (made / "copy").touch()


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # open, no `with` yet
@pytest.mark.parametrize("work", [write_digits, make_folder])
def test_temporary_file_or_folder_is_removed_after_an_interrupt_at_any_line_before_removal(
    work: Callable[[Path], None], tmp_path: Path
) -> None:
    places = 0
    while True:
        places += 1
        with suppress(KeyboardInterrupt), interrupted(places):
            work(tmp_path)
            break
        assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert places > 5


def test_signal_while_a_temporary_folder_is_removed_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, calls = shutil.rmtree, []

    def interrupted_once(path: Path, **options: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise SystemExit(143)
        remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted_once)
    with pytest.raises(SystemExit), Temporary(tmp_path / "copy", ".partial") as made:
        (made / "copy").touch()
    assert list(tmp_path.iterdir()) == []


def test_foreign_folder_with_the_name_of_a_temporary_one_is_left_alone(tmp_path: Path) -> None:
    one = Temporary(tmp_path / "pi.txt", ".part")
    one.path.mkdir()
    (one.path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError):
        one.__enter__()
    assert (one.path / "thesis.txt").read_text() == "mine"
    assert left_over(tmp_path / "pi.txt", ".part") == [one.path]


@pytest.mark.parametrize("name", ["x" * 255, "界" * 85, b"\xff" * 255], ids=["x", "CJK", "bytes"])
def test_temporary_file_name_is_not_too_long_beside_the_longest_target_name(
    name: str | bytes, tmp_path: Path
) -> None:
    target = tmp_path / os.fsdecode(name)
    with OutputFile.claim(str(target), "") as file:
        file.write(FileContent(b"14", b"3.", b"\n"))
    assert target.read_bytes() == b"3.14\n"
    assert os.listdir(tmp_path) == [target.name]


def test_left_over_lists_no_folder_of_a_target_whose_name_only_begins_like_this_one(
    tmp_path: Path,
) -> None:
    with Temporary(tmp_path / "runs.old", ".partial") as other:
        assert left_over(tmp_path / "runs", ".partial") == []
        assert left_over(tmp_path / "runs.old", ".partial") == [other]
