"""There are no circular imports, type-only imports and those inside functions included."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def modules() -> dict[str, Path]:
    """Return every module of the package, by name."""
    found = {}
    for path in (ROOT / "pi_tui").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(code: str, known: set[str]) -> set[str]:
    """Return the known modules that this code imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "relative imports are not looked at"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            # `from package import module` needs the module; a package's own names, the package.
            names |= inner & known or {node.module}
    return names & known


def test_no_import_circle_exists() -> None:
    found = modules()
    graph = {name: imported(path.read_text("utf-8"), set(found)) for name, path in found.items()}
    assert sum(map(len, graph.values())) > len(found), "the imports are seen"
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    "line",
    ["import a.b", "from a import b", "from a.b import c", "def f():\n    from a import b",
     "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.b import c"],
)  # fmt: skip
def test_scan_for_import_circles_finds_each_planted_one(line: str) -> None:
    known = {"a", "a.b"}
    graph = {"a": set[str](), "a.b": {"x"}, "x": imported(line, known)}
    assert graph["x"] == {"a.b"}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()
