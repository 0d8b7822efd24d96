"""Helpers for refusals: one line on stderr, and every file left as it was."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from pi_tui.cli import main


def refused(
    exit_code: int,
    *arguments: object,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Call `main` in this process, which must refuse; return its one line on stderr."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        for name in os.environ.keys() - (env or os.environ).keys():
            patch.delenv(name)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        patch.chdir(cwd or Path.cwd())
        assert main(list(map(str, arguments))) == exit_code, err.getvalue()
    assert out.getvalue() == ""
    line = err.getvalue()
    assert re.fullmatch(r"pi-tui: [^\n\x1b]+\n", line), line
    return line


def untouched(path: Path) -> tuple[object, ...]:
    """Return content, inode, mode, size and modification time of a file that must not change."""
    stat = path.stat()
    content = path.read_bytes() if path.is_file() else b""
    return stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, content
