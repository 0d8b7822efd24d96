"""Ask the terminal for its background colour: is it light or dark?"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

QUESTION = "\x1b]11;?\x1b\\"
"""Query for the background colour, OSC 11; a terminal that does not know it does not answer."""
PATIENCE = 5.0
"""Seconds in which an answer is accepted; later, a change of colours would surprise the user."""
_ANSWER = re.compile(rb"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
_DEAF = ("", "dumb", "linux")


def can_ask(environment: Mapping[str, str] = os.environ) -> bool:
    """Return False if the terminal would print the query for its background as text."""
    return environment.get("TERM", "") not in _DEAF


def is_light(answer: bytes) -> bool | None:
    r"""Return whether the background colour in an answer is light; None for any other answer.

    >>> is_light(b"\x1b]11;rgb:ffff/ffff/e0e0\x07"), is_light(b"\x1b]11;rgb:1e/1e/1e\x1b\\")
    (True, False)
    >>> is_light(b"\x1b]10;rgb:ffff/ffff/ffff\x07") is None
    True
    """
    if (found := _ANSWER.match(answer)) is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return bool(0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5)
