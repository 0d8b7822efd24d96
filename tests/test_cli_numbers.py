"""Numbers on the command line, as people write them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pi_tui.command_line import build_parser
from pi_tui.pi.commands.options import number_as_digits
from tests.helpers import pi, pi_tui
from tests.refusals import refused


@pytest.mark.parametrize(
    ("options", "digits"),
    [
        ("--digits 2e2", 200),
        ("--digits 9 --pace 2,000", 9),
        ("--digits 9 --checkpoint-every 2,000", 9),
    ],
)
def test_cli_accepts_numbers_as_people_write_them(
    options: str, digits: int, database: Path
) -> None:
    done = pi_tui("run", *options.split(), "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(digits) + b"\n")


@pytest.mark.parametrize(
    "words", ["2000", "2k", "2 k", "2 thousand", "2e3", "2 000", "2,000", "2_000", "'2 000'", "2K"]
)
def test_cli_takes_a_first_argument_that_is_a_number_as_digits(words: str, database: Path) -> None:
    done = pi_tui(*shlex.split(words), "--db", database)
    assert (done.returncode, done.stdout.encode()) == (0, b"3." + pi(2_000) + b"\n")


@pytest.mark.parametrize("million", ["1m", "1 million", "1M", "1 000 000"])
def test_cli_accepts_1_million_as_one_two_or_three_words(million: str) -> None:
    parser = build_parser()
    options = parser.parse_args(number_as_digits(parser, million.split()))
    assert (options.run, options.digits) == (None, 1_000_000)


BETWEEN = {
    "after the database": "--db x {}",
    "after a word with its value": "--pace=max {}",
    "after a switch": "--fresh --yes {}",
    "before an option": "{} --pace max",
    "between options": "--threads 2 {} --pace 500",
}


@pytest.mark.parametrize("number", ["20000", "20k", "20e3", "20 000", "20,000", "20 thousand"])
@pytest.mark.parametrize("words", BETWEEN.values(), ids=BETWEEN)
def test_bare_number_in_place_of_a_command_means_digits(words: str, number: str) -> None:
    parser = build_parser()
    options = parser.parse_args(number_as_digits(parser, words.format(number).split()))
    assert (options.run, options.digits) == (None, 20_000)


@pytest.mark.parametrize(
    "words", ["find 14", "run --digits 9", "--db 20000", "backup 20000", "--db 7 export --from 2"]
)
def test_cli_leaves_a_number_unchanged_that_belongs_to_a_command_or_an_option(
    words: str,
) -> None:
    assert number_as_digits(build_parser(), words.split()) == words.split()


@pytest.mark.parametrize(
    "number",
    ["1e99", "1e100", f"1e1{'0' * 5_000}", "9" * 100, "9" * 5_000, "2 000 000 000", "1000000001"],
)
@pytest.mark.parametrize("words", ["--digits", "--db x", "run --digits", "serve --digits"])
def test_cli_refuses_too_many_digits_in_a_short_line_that_names_the_limit(
    number: str, words: str
) -> None:
    number_words = number.split() if words == "--db x" else [number]
    line = refused(2, *words.split(), *number_words)
    assert "the limit is 1,000,000,000 digits" in line
    assert len(line) < 140
