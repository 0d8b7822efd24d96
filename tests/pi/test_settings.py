"""Settings: any text is a valid setting or gets one line of advice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pi_tui.errors import UsageError
from pi_tui.pi.settings import (
    Settings,
    parse_cadence,
    parse_digits,
    parse_digits_per_step,
    parse_memory,
    parse_pace,
    parse_position,
    parse_threads,
)
from pi_tui.pi.spigot.kind import SpigotKind
from pi_tui.worker.threads import cores

ANYTHING = st.text() | st.text("0123456789eE+-_,.:sinfa٣²", max_size=12) | st.floats().map(str)
PARSERS: dict[str, Callable[[str], object]] = {
    "--digits": parse_digits,
    "--pace": lambda text: parse_pace(text, 20_000),
    "--checkpoint-every": parse_cadence,
    "--digits-per-step": parse_digits_per_step,
    "--from": parse_position,
    "--threads": parse_threads,
    "--memory": parse_memory,
}


VARIABLES = ["PI_TUI_PACE", "PI_TUI_THREADS", "PI_TUI_MEMORY", "PI_TUI_DB"]


def advice(parse: Callable[[], object]) -> str:
    """Call `parse`, which parses some text; return its error message, "" if there is no error."""
    message = ""
    try:
        parse()
    except UsageError as error:
        message = str(error)
    assert message == "" or message.isprintable()
    return message


@pytest.mark.parametrize("option", PARSERS)
@given(text=ANYTHING)
@example(text="9" * 30)
@example(text="9" * 400 + "e9")
@example(text="9" * 5_000)
@example(text="1e" + "9" * 400)
@example(text="\udcff")
def test_any_text_for_an_option_is_accepted_or_refused_in_one_line_of_advice(
    option: str, text: str
) -> None:
    assert len(advice(lambda: PARSERS[option](text))) < 500


@given(st.integers(1, 1_000_000_000))
def test_number_of_digits_may_have_commas_underscores_spaces_or_an_exponent(digits: int) -> None:
    spaced = f"{digits:,}".replace(",", " ")
    for written in (f"{digits}", f"{digits:,}", f"{digits:_}", spaced, f"{digits}e0"):
        assert parse_digits(written) == digits


@given(st.dictionaries(st.sampled_from(VARIABLES), ANYTHING))
def test_any_text_in_four_variables_is_accepted_or_refused_in_one_line_of_advice(
    environment: dict[str, str],
) -> None:
    advice(lambda: Settings.from_environment(environment))


@pytest.mark.parametrize(
    ("option", "first", "last"),
    [
        ("--digits", 1, 1_000_000_000),
        ("--digits-per-step", 1, 1_000_000),
        ("--from", 1, 2**53),
        ("--threads", 1, 64),
        ("--memory", 1_000_000, 10**15),
    ],
)
def test_option_accepts_its_smallest_and_largest_value_and_refuses_those_just_beyond(
    option: str, first: int, last: int
) -> None:
    for number in (first, last):
        assert PARSERS[option](str(number)) == number
    for number in (first - 1, last + 1):
        with pytest.raises(UsageError):
            PARSERS[option](str(number))


@pytest.mark.parametrize("option", PARSERS)
@pytest.mark.parametrize("text", ["", "x", "-1", "1.2.3", "nan"])
def test_meaningless_settings_are_refused(option: str, text: str) -> None:
    with pytest.raises(UsageError):
        PARSERS[option](text)


def _threads(settings: Settings) -> int:
    kind = settings.job(9).kind
    assert isinstance(kind, SpigotKind)
    return kind.threads


def test_flags_override_variables_which_override_defaults() -> None:
    variables = {"PI_TUI_PACE": "500", "PI_TUI_DB": "/a", "PI_TUI_THREADS": "3"}
    asked = Settings.from_environment(variables)
    settings = asked.with_flags(pace="max", db=None, fresh=True)
    assert (settings.pace, settings.location, settings.threads) == ("max", "/a", 3)
    assert (settings.fresh, settings.verify) == (True, True)
    assert Settings().location.endswith(".sqlite3")
    assert (Settings().fresh, Settings().verify, Settings().job(9).give_way) == (False, True, False)
    assert (_threads(settings), _threads(Settings())) == (3, cores())
    assert Settings.from_environment({"PI_TUI_MEMORY": "4G"}).memory == 4 * 10**9
    assert cores() >= 1
