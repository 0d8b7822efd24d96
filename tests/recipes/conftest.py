"""A working folder with short programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recipes.programs import BATCH, SUMS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a working folder with the programs."""
    monkeypatch.chdir(tmp_path)
    Path("sums.py").write_text(SUMS)
    Path("batch.py").write_text(BATCH)
    return tmp_path
