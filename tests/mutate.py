"""Change one thing in a module and check that the tests of its folder notice; not part of CI.

    python tests/mutate.py pi_tui/worker/meter.py --times 20
    python tests/mutate.py pi_tui/worker/meter.py --times 20 --seed 7 tests/worker tests/faults
    python tests/mutate.py pi_tui/pi/spigot --times 40     # anywhere in the folder

This happens in a copy, so the working tree is never changed. Mutants that may survive are listed
with reasons in `tests/mutants.md`.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    **{ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt},
    **{ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is},
    **{ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And},
    **{ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Mod: ast.Mult},
    **{ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult},
}


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
    if not isinstance(node, ast.JoinedStr):
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


class Copy:
    """A copy of the package and its tests, in which modules can be broken."""

    def __init__(self, folder: Path, tests: list[str]) -> None:
        self._folder, self._tests = folder, tests
        for name in ("pi_tui", "tests"):
            shutil.copytree(
                ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder)

    def notices(self, module: Path, code: str, limit: float | None = None) -> bool:
        """Return True if a test fails or hangs with this code in the module; restore the module."""
        (self._folder / module).write_text(code, "utf-8")
        try:
            return self._fails(limit)
        finally:
            shutil.copy(ROOT / module, self._folder / module)

    def _fails(self, limit: float | None) -> bool:
        command = [sys.executable, "-m", "pytest", "-x", "-n0", "-p", "no:randomly", *self._tests]
        environment = os.environ | {
            "PYTHONPATH": str(self._folder),
            "PYTHONDONTWRITEBYTECODE": "1",  # bytecode compiled a moment ago may look current
        }
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as child:
            try:
                return child.wait(limit) != 0
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, 9)  # with whatever it has started
                return True


def _tests_of(module: Path) -> str:
    """Return the test folder or test file of a module."""
    wing = Path("tests", module.parts[1])
    tests = wing if wing.suffix == "" else wing.with_name(f"test_{wing.name}")
    if not (ROOT / tests).exists():
        sys.exit(f"there is no {tests}: say which tests, after the module")
    return str(tests)


def main() -> int:
    """Test mutants and print the survivors; return 0 if there are none."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("module", type=Path, help="like pi_tui/worker/meter.py, or a folder")
    parser.add_argument("tests", nargs="*", help="(the folder of its wing)")
    parser.add_argument("--times", type=int, default=20, help="so many mutants (20)")
    parser.add_argument("--seed", type=int, default=time.time_ns(), help="to try the same again")
    asked = parser.parse_intermixed_args()
    module = asked.module.resolve()
    paths = sorted(module.glob("*.py")) if module.is_dir() else [module]
    codes = {path.relative_to(ROOT): path.read_text("utf-8") for path in paths}
    every = [(name, mutant) for name, code in codes.items() for mutant in mutants(code)]
    tried = random.Random(asked.seed).sample(every, min(asked.times, len(every)))
    with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
        copy = Copy(Path(folder), asked.tests or [_tests_of(module.relative_to(ROOT))])
        began = time.monotonic()
        if copy.notices(*next(iter(codes.items()))):
            sys.exit("the tests fail already without a mutant")
        limit = 30 + 5 * (time.monotonic() - began)
        survivors = 0
        for name, mutant in sorted(tried, key=lambda found: (found[0], found[1].line)):
            if not copy.notices(name, mutant.code, limit):
                survivors += 1
                print(f"{name}:{mutant.line}: {mutant.before!r} -> {mutant.after!r}", flush=True)
    print(f"{len(tried) - survivors} of {len(tried)} mutants killed, seed {asked.seed}")
    return min(survivors, 1)


if __name__ == "__main__":
    sys.exit(main())
