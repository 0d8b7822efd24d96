"""Select the tests that `pytest` without `--all` runs: quick ones, and a few of each slow file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import pytest


class Few(NamedTuple):
    """The number of tests of a function, or of each file, that `pytest` without `--all` runs."""

    functions: int
    variants: int = 1
    """Number of variants of a parametrised test that run, spread over all of them."""


ALL = 1_000
ONE, NONE = Few(1), Few(0)
SLOW = {
    "tests/app/test_any_output.py::test_screens_are_drawn_at_sizes_1x1_to_300x80": ONE,
    "tests/app/test_any_output.py::test_output_of_100_mb_is_scrolled_searched_and_can_grow": NONE,
    "tests/app/test_in_a_terminal.py": Few(2),
    "tests/app/test_programs_on_a_screen.py": Few(3),
    "tests/checkpoints/test_failing_migration.py": Few(ALL, 2),
    "tests/checkpoints/test_hostile.py": Few(ALL, 2),
    "tests/checkpoints/test_migration.py": Few(ALL, 2),
    "tests/checkpoints/test_migration.py::test_migrated_state_of_several_parts_is_undamaged": NONE,
    "tests/checkpoints/test_postgres_answers.py::test_postgres_slow_server_does_not_time_out": NONE,
    "tests/checkpoints/test_room.py::test_kill_as_a_file_is_shrunk_leaves_it_sound_and_whole": NONE,
    "tests/commands/test_browser.py": Few(2),
    "tests/commands/test_own_files.py": Few(ALL, 6),
    "tests/commands/test_run.py": Few(12),
    "tests/commands/test_run_output.py": Few(2),
    "tests/commands/test_serve.py": Few(ALL, 2),
    "tests/commands/test_serve_access.py": NONE,
    "tests/commands/test_serve_bad_input.py": NONE,
    "tests/commands/test_serve_end.py": NONE,
    "tests/commands/test_server_troubles.py": NONE,
    "tests/commands/test_tabs.py": NONE,
    "tests/examples": ONE,
    "tests/faults": ONE,
    "tests/faults/test_all_tasks.py": NONE,
    "tests/faults/test_disk.py": NONE,
    "tests/faults/test_kill.py": NONE,
    "tests/faults/test_power_cut.py": NONE,
    "tests/faults/test_rot.py::test_hundreds_of_damaged_files_yield_no_wrong_digit": NONE,
    "tests/pi/app/test_contrast.py": Few(ALL, 1),
    "tests/pi/app/test_date_card.py::test_birthday_search_shows_a_card_with_the_position": NONE,
    "tests/pi/app/test_dialogs_over_the_app.py": Few(ALL, 3),
    "tests/pi/app/test_large_runs.py": ONE,
    "tests/pi/app/test_note_line.py::test_note_never_covers_part_of_the_word_beside_it": NONE,
    "tests/pi/app/test_sizes.py": Few(ALL, 1),
    "tests/pi/app/test_sizes.py::test_dialogs_open_in_small_windows_and_fit_at_11_sizes": NONE,
    "tests/pi/app/test_sizes.py::test_main_screen_fits_windows_of_1x1_to_300x80_in_all_views": NONE,
    "tests/pi/app/test_timers.py": ONE,
    "tests/pi/app/test_views.py::test_key_s_saves_a_picture_of_the_walk_or_the_heat_map": NONE,
    "tests/pi/bench": Few(3),
    "tests/pi/bench/test_bench.py": ONE,
    "tests/pi/digits/test_patterns.py::test_expected_runs_and_gaps_equal_the_exact_means": NONE,
    "tests/pi/spigot/test_blocks.py": Few(ALL, 20),
    "tests/pi/spigot/test_spigot.py::test_runs_of_1_to_2000_digits_get_every_digit_right": NONE,
    "tests/recipes/test_batch_programs.py": Few(ALL, 2),
    "tests/reports/test_hints.py": Few(ALL, 1),
    "tests/reports/test_shell.py": Few(ALL, 5),
    "tests/terminal": Few(2),
    "tests/test_blocked_output.py": Few(3),
    "tests/test_cli_foreign_files.py": Few(ALL, 5),
    "tests/test_cli_signals.py::test_cli_ctrl_c_shows_no_traceback_even_during_imports": ONE,
    "tests/test_cli_signals.py::test_cli_signal_leaves_no_half_written_file": ONE,
    "tests/test_imports.py::test_carry_on_is_the_function_after_imports_in_ten_orders": ONE,
    "tests/test_mutate.py": ONE,
    "tests/test_poor_surroundings.py": Few(ALL, 2),
    "tests/test_standard_streams.py": Few(ALL, 3),
    "tests/worker/test_saving_without_output.py": ONE,
}
"""Slow functions, files and folders; the longest that fits a test counts.

The first functions of a file run, in their order there, so put its best tests first.
"""


def split(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests that every run has, and those that only `pytest --all` has."""
    quick: list[pytest.Item] = []
    slow: defaultdict[tuple[str, Few], list[pytest.Item]] = defaultdict(list)
    for item in items:
        name = item.nodeid.partition("[")[0]
        few = _few(name)
        if few is None:
            quick.append(item)
        else:
            slow[name if name in SLOW else name.partition("::")[0], few].append(item)
    for (_, few), found in slow.items():
        quick += _first(found, few)
    chosen = set(quick)
    return quick, [item for item in items if item not in chosen]


def _few(name: str) -> Few | None:
    fitting = [path for path in SLOW if f"{name}/".startswith((f"{path}/", f"{path}::"))]
    return SLOW[max(fitting, key=len)] if fitting else None


def _first(items: list[pytest.Item], few: Few) -> list[pytest.Item]:
    """Return the first tests of a file, in the order of its lines, with a few parameters each."""
    variants: defaultdict[int, list[pytest.Item]] = defaultdict(list)
    for item in items:
        variants[item.reportinfo()[1] or 0].append(item)
    found = [variants[line] for line in sorted(variants)[: few.functions]]
    return [item for each in found for item in each[:: -(-len(each) // few.variants)]]
