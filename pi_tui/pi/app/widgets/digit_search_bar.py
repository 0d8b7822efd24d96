"""The search line for digits: no letters, and the chance of a hit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from pi_tui.app.widgets.search_bar import SearchBar, SearchInput
from pi_tui.needle import Needle
from pi_tui.pi.digits.chance import chance, chance_in_words
from pi_tui.words import figures


class _DigitInput(SearchInput):
    """Leaves the x, which is no digit, to the search line."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Take every printed character but "x"."""
        return character != "x" and super().check_consume_key(key, character)


class DigitSearchBar(SearchBar):
    """Search digits as you type; show how often they were found and how likely that was."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "app.more", show=False, priority=True)]
    FIELD = _DigitInput
    RESTRICT = r"[0-9 ,._-]*"
    PLACEHOLDER = "digits"
    REFUSAL = "only digits can be found: pi has no letters"
    UNIT = "digit"

    def meant(self, text: str) -> tuple[str, bool]:
        """Return the digits to find, and whether they are the beginning of pi, with its 3."""
        return meant(text)

    def odds(self, needle: Needle, count: int) -> Sequence[str]:
        """Return the chance of a hit among so many digits, from full to short."""
        likely = chance_in_words(chance(len(needle.text), count))
        said = f"a hit is {likely}" if "certain" in likely else f"chance of a hit {likely}"
        if needle.hits:
            return (said,)
        short = f"chance {likely}"
        return f"{said} · x looks in more digits", f"{short} · x: more", said, short


def meant(text: str) -> tuple[str, bool]:
    """Return the digits to find, and whether they are the beginning of pi, with its 3.

    >>> meant("3.14159"), meant("14 15"), meant("3.")
    (('14159', True), ('1415', False), ('3', False))
    """
    beginning = re.match(r"\s*3[.,]\s*(?=\d)", text)
    rest = text[beginning.end() :] if beginning else text
    return figures(rest), beginning is not None
