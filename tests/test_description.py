"""The README as a package index shows it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_readme_on_a_package_index_has_no_picture_and_no_relative_link() -> None:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("description", ROOT / ".ci/description.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "](pi_tui/" in readme
    assert "](screenshots/" in readme
    shown = module.elsewhere(readme)
    assert re.findall(r"\]\((?!#|https?:)[^)]*\)", shown) == []
    assert "![" not in shown
    assert "| | |\n| --- | --- |\n\n" not in shown
    assert shown.startswith("# pi-tui\n\nWatch millions of digits")
