"""Select the tests that `pytest` without `--all` runs: quick ones, and a few of each slow file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import pytest


class Few(NamedTuple):
    """The number of tests of each file below a path that `pytest` without `--all` runs."""

    functions: int
    variants: int = 1
    """Number of variants of a parametrised test that run, spread over all of them."""


ALL = 1_000
SLOW = {
    "tests/pi/bench": Few(4),
    "tests/checkpoints/test_migration.py": Few(ALL, 2),
    "tests/commands/test_browser.py": Few(2),
    "tests/commands/test_run.py": Few(16),
    "tests/commands/test_serve.py": Few(12, 2),
    "tests/commands/test_tabs.py": Few(1),
    "tests/examples": Few(2),
    "tests/faults": Few(1),
    "tests/terminal": Few(2),
    "tests/pi/app/test_contrast.py": Few(ALL, 2),
    "tests/pi/app/test_sizes.py": Few(ALL, 2),
    "tests/app/test_in_a_terminal.py": Few(3),
    "tests/test_standard_streams.py": Few(ALL, 3),
}
"""Slow files by path; the longest path that fits a file counts. Put a file's best tests first."""


def split(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests that every run has, and those that only `pytest --all` has."""
    quick: list[pytest.Item] = []
    files: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        name = item.nodeid.partition("::")[0]
        (files[name] if _few(name) else quick).append(item)
    for name, found in files.items():
        few = _few(name)
        assert few is not None
        quick += _first(found, few)
    chosen = set(quick)
    return quick, [item for item in items if item not in chosen]


def _few(name: str) -> Few | None:
    fitting = [path for path in SLOW if name == path or name.startswith(f"{path}/")]
    return SLOW[max(fitting, key=len)] if fitting else None


def _first(items: list[pytest.Item], few: Few) -> list[pytest.Item]:
    """Return the first tests of a file, in the order of its lines, in a few variants each."""
    variants: defaultdict[int, list[pytest.Item]] = defaultdict(list)
    for item in items:
        variants[item.reportinfo()[1] or 0].append(item)
    found = [variants[line] for line in sorted(variants)[: few.functions]]
    return [item for each in found for item in each[:: -(-len(each) // few.variants)]]
