"""The mutants of `tests/mutate.py`: each is Python, and each is another program."""

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
def test_one_thing_is_changed(code: str, changed: str) -> None:
    assert [mutant.code for mutant in mutants(code)] == [changed]


def test_every_mutant_of_a_module_is_another_program() -> None:
    seen = 0
    for path in MODULES:
        code = path.read_text("utf-8")
        for mutant in mutants(code):
            assert mutant.code != code
            assert ast.dump(ast.parse(mutant.code)) != ast.dump(ast.parse(code))
            seen += 1
    assert seen > 100
