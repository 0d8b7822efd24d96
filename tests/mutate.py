"""Change one thing somewhere in the package and check that a test notices; not part of CI.

    python tests/mutate.py pi_tui --times 200 --seed 7     # anywhere, weighted by lines
    python tests/mutate.py pi_tui/pi/spigot --times 40
    python tests/mutate.py pi_tui/worker/meter.py tests/worker tests/faults   # with these tests

Without tests named, a mutant meets the quick tests of the few files about its module, and if it
survives these, those of the folders named like its own. A test that fails is run again without the
mutant, and does not count if it fails there too. This happens in a copy, so the working tree is
never changed. `tests/mutants.md` says which survivors may survive, and why.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.Mult},
    **{ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult},
}

_INERT = ("frozen", "slots")
"""Keywords of dataclasses that are not mutated: type checks, not tests, notice their absence."""
_QUICK = ("-m", "not slow")
_LIMIT = 300.0
"""Seconds after which tests count as hanging; the mutant then counts as noticed."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one thing changed."""

    line: int
    before: str
    after: str
    code: str


def mutants(code: str) -> Iterator[Mutant]:
    """Return all mutants of a module, in the order of the code."""
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    data = code.encode()
    for node in _nodes(ast.parse(code)):
        if not isinstance(node, (ast.expr, ast.stmt)) or node.end_lineno is None:
            continue
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + (node.end_col_offset or 0)
        before = data[start:end].decode()
        for after in _changed(node):
            changed = (data[:start] + after.encode() + data[end:]).decode()
            yield Mutant(node.lineno, before, after, changed)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the node and its descendants; not in f-strings, which lack positions in 3.11."""
    yield node
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg in _INERT):
        return
    for child in ast.iter_child_nodes(node):
        yield from _nodes(child)


def _changed(node: ast.AST) -> Iterator[str]:
    """Yield replacements for this piece of code."""
    match node:
        case ast.Compare(ops=[op]):
            yield _with(node, "ops", [OPERATORS[type(op)]()])
        case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in OPERATORS:
            yield _with(node, "op", OPERATORS[type(op)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value)):
            yield str(value + 1)
        case ast.Constant(value=float(value)):
            yield str(value * 2 + 1)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield "pass"


def _with(node: ast.expr, name: str, value: object) -> str:
    fields = {field: getattr(node, field) for field in node._fields} | {name: value}
    return f"({ast.unparse(type(node)(**fields))})"


def draw(codes: dict[Path, str], times: int, seed: int) -> list[tuple[Path, Mutant]]:
    """Draw mutants at random, none twice: first a module (long ones more often), then a mutant."""
    chance = random.Random(seed)
    left = {path: list(mutants(code)) for path, code in codes.items()}
    drawn: list[tuple[Path, Mutant]] = []
    while len(drawn) < times and (paths := [path for path in left if left[path]]):
        (path,) = chance.choices(paths, [codes[path].count("\n") for path in paths])
        drawn.append((path, left[path].pop(chance.randrange(len(left[path])))))
    return drawn


class Copy:
    """A copy of the package and its tests, in which modules can be broken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        for name in ("pi_tui", "tests"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder)
        self._fails_anyway = cache(self._failure)

    def killer(self, module: Path, code: str, *tests: str) -> str:
        """Return the test that fails with this code in the module, and not without it; or ""."""
        self._write(module, code)
        try:
            found = self._failure(*tests)
        finally:
            self._write(module, (ROOT / module).read_text("utf-8"))
        return "" if "::" in found and self._fails_anyway(found) else found

    def _write(self, module: Path, code: str) -> None:
        """Write a module, and delete its compiled files: Python may take them for current."""
        path = self._folder / module
        path.write_text(code, "utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*"):
            compiled.unlink()

    def _failure(self, *tests: str) -> str:
        """Return the first test that fails, or "" if none does."""
        command = [sys.executable, "-m", "pytest", "-x", "-n0", "-p", "no:randomly", *tests]
        environment = os.environ | {
            "PYTHONPATH": str(self._folder),
            "PYTHONDONTWRITEBYTECODE": "",  # compiling everything each time takes long
        }
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as child:
            try:
                report, _ = child.communicate(timeout=_LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)  # with whatever it has started
                return "the time limit"
        if child.returncode in (0, 5):  # all passed, or there was none
            return ""
        failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", report, re.MULTILINE)
        return failed[1] if failed else "an end without a report"


def files_about(module: Path) -> list[str]:
    """Return up to three test files: those named like a module, then those that import it."""
    *packages, name = module.with_suffix("").parts
    package = r"\.".join(packages)
    imports = re.compile(rf"{package}\.{name}\b|from {package} import .*\b{name}\b")
    files = sorted((ROOT / "tests").rglob("test_*.py"), key=lambda file: file.stat().st_size)
    named = [file for file in files if file.stem == f"test_{name}"]
    named += [file for file in files if file not in named and imports.search(file.read_text())]
    return [str(file.relative_to(ROOT)) for file in named[:3]]


def files_near(module: Path) -> list[str]:
    """Return the test files in the folders named like the nearest folder of a module."""
    tests = ROOT / "tests"
    named = (list(tests.rglob(name)) for name in reversed(module.parts[1:-1]))
    folders = next(filter(None, named), [tests])
    return [str(file.relative_to(ROOT)) for each in folders for file in each.glob("test_*.py")]


def _try(copy: Copy, module: Path, code: str, tests: list[str]) -> str:
    """Return the test that kills a mutant of a module, or ""."""
    if tests:
        return copy.killer(module, code, *tests)
    few, more = [str(module), *files_about(module)], files_near(module)
    return copy.killer(module, code, *few, *_QUICK) or copy.killer(module, code, *more, *_QUICK)


def main() -> int:
    """Try mutants, print what became of each, and return 0 if all were killed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("module", type=Path, help="like pi_tui/worker/meter.py, or a folder")
    parser.add_argument("tests", nargs="*", help="(those about each module, then of its folder)")
    parser.add_argument("--times", type=int, default=20, help="so many mutants (20)")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="to try the same again")
    asked = parser.parse_intermixed_args()
    module = asked.module.resolve()
    paths = sorted(module.rglob("*.py")) if module.is_dir() else [module]
    codes = {path.relative_to(ROOT): path.read_text("utf-8") for path in paths}
    tried = draw(codes, asked.times, asked.seed)
    alive = 0
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = Copy(Path(folder))
        for path, mutant in tried:
            killer = _try(copy, path, mutant.code, asked.tests)
            alive += not killer
            what = f"{path}:{mutant.line}: {mutant.before!r} -> {mutant.after!r}"
            print(f"killed {what} by {killer}" if killer else f"ALIVE {what}", flush=True)
    print(f"{len(tried) - alive} of {len(tried)} mutants killed, seed {asked.seed}")
    return min(alive, 1)


if __name__ == "__main__":
    sys.exit(main())
