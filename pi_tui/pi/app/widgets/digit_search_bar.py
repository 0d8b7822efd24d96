"""The search bar for digits: it accepts no letters, and shows the chance of a hit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from pi_tui.app.face import face_of
from pi_tui.app.widgets.search_bar import LONGEST, SearchBar, SearchInput
from pi_tui.needle import Needle
from pi_tui.pi.digits.chance import chance, chance_in_words
from pi_tui.words import figures
from pi_tui.worker.snapshot import State


class _DigitInput(SearchInput):
    """A search field that leaves the key `x` to the search bar."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return True if the field takes this key itself: any printable character except "x"."""
        return character != "x" and super().check_consume_key(key, character)


class DigitSearchBar(SearchBar):
    """Searches digits while the user types; shows how many hits there are and how likely one is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "app.more", priority=True)]
    FIELD = _DigitInput
    RESTRICT = r"[0-9 ,._-]*"
    PLACEHOLDER = "digits"
    REFUSAL = f"only digits can be found, {LONGEST} at most"
    UNIT = "digit"

    def meant(self, text: str) -> tuple[str, bool]:
        """Return the digits to find, and True to search from the first digit, as for "3.14"."""
        return meant(text)

    def odds(self, needle: Needle, count: int) -> Sequence[str]:
        """Return texts that tell the chance of a hit among `count` digits, the longest first."""
        likely = chance_in_words(chance(len(needle.text), count))
        said = f"a hit is {likely}" if "certain" in likely else f"chance of a hit {likely}"
        if needle.hits:
            return (said,)
        short = f"chance {likely}"
        if face_of(self).worker.snapshot.state is not State.COMPLETE:
            return said, short
        return f"{said} · x looks in more digits", f"{short} · x: more", said, short


def meant(text: str) -> tuple[str, bool]:
    """Return the digits to find, and True if "3." or "3," stands before them in `text`.

    They are then searched from the first digit on, and not from the top of the view.

    >>> meant("3.14159"), meant("14 15"), meant("3.")
    (('14159', True), ('1415', False), ('3', False))
    """
    beginning = re.match(r"\s*3[.,]\s*(?=\d)", text)
    rest = text[beginning.end() :] if beginning else text
    return figures(rest), beginning is not None
