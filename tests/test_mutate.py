"""The mutants of `tests/mutate.py` are valid Python and different programs."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutate import ROOT, draw, files_about, files_near, mutants

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
        (
            "@dataclass(frozen=True, order=True)\nclass A: ...",
            "@dataclass(frozen=True, order=False)\nclass A: ...",
        ),
    ],
)
def test_code_with_one_changeable_place_has_exactly_the_expected_mutant(
    code: str, changed: str
) -> None:
    assert [mutant.code for mutant in mutants(code)] == [changed]


def test_every_mutant_of_cli_py_and_words_py_differs_from_its_module() -> None:
    seen = 0
    for path in MODULES:
        code = path.read_text("utf-8")
        for mutant in mutants(code):
            assert mutant.code != code
            assert ast.dump(ast.parse(mutant.code)) != ast.dump(ast.parse(code))
            seen += 1
    assert seen > 100


def test_random_draw_of_mutants_is_set_by_its_seed_and_has_no_mutant_twice() -> None:
    codes = {Path("a.py"): "a = 1 + 2\n" * 9, Path("b.py"): "b()\n", Path("c.py"): ""}
    assert draw(codes, 9, seed=7) == draw(codes, 9, seed=7) != draw(codes, 9, seed=8)
    everything = draw(codes, 1_000, seed=7)
    assert len(set(everything)) == len(everything) == 9 * 3 + 1


def test_every_module_has_tests_in_a_folder_named_like_its_own_or_one_above() -> None:
    modules = [path.relative_to(ROOT) for path in (ROOT / "pi_tui").rglob("*.py")]
    assert [module for module in modules if not files_near(module)] == []
    assert files_about(Path("pi_tui/worker/meter.py"))[0] == "tests/worker/test_meter.py"
