"""The mutants of `tests/mutate.py` are valid Python and different programs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutate import mutants

MODULES = [Path(__file__).parents[1] / "pi_tui" / name for name in ("cli.py", "words.py")]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("a < b", "(a <= b)"),
        ("a and b", "(a or b)"),
        ("not a", "(a)"),
        ("π = 1", "π = 2"),
        ("x = True", "x = False"),
        ("f()", "pass"),
        ("a += b", "pass"),
    ],
)
def test_mutant_changes_one_thing(code: str, changed: str) -> None:
    assert [mutant.code for mutant in mutants(code)] == [changed]


def test_every_mutant_differs_from_its_module() -> None:
    seen = 0
    for path in MODULES:
        code = path.read_text("utf-8")
        for mutant in mutants(code):
            assert mutant.code != code
            assert ast.dump(ast.parse(mutant.code)) != ast.dump(ast.parse(code))
            seen += 1
    assert seen > 100
