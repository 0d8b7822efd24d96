"""Every key and what it does, said once: bindings, key bar, palette and help are made from it."""

from __future__ import annotations

from typing import NamedTuple

from textual.binding import Binding, BindingType


class Key(NamedTuple):
    """A key that does something."""

    action: str
    """What is run: `app.…` or `screen.…`."""
    keys: str
    """Textual's names of the keys, with commas between."""
    shown: str
    """The keys as help and palette show them."""
    title: str
    """The action's name in the palette."""
    meaning: str
    """What it does, in a line."""
    word: str = ""
    """Its word in the key bar; "" where it has none."""
    id: str = ""
    """What a user's keymap calls it."""


THE_RUN = (
    Key(
        "app.toggle_pause",
        "p,space",
        "p Space",
        "Pause or go on",
        "pause, which saves; again: go on",
        "pause",
        "pause",
    ),
    Key("app.quit", "q", "q", "Save and quit", "save and leave", "save & quit", "quit"),
    Key(
        "app.full_speed",
        "f",
        "f",
        "Full speed on or off",
        "full speed, or back to a pace one can watch",
        "full speed",
        "full-speed",
    ),
    Key("app.save_now", "c", "c", "Checkpoint now", "checkpoint now", "checkpoint", "checkpoint"),
    Key(
        "app.faster",
        "plus,equals_sign",
        "+",
        "Double the pace",
        "twice as many digits per second",
        id="faster",
    ),
    Key(
        "app.slower",
        "minus",
        "-",
        "Halve the pace",
        "half as many digits per second",
        id="slower",
    ),
    Key(
        "app.ten_times",
        "x",
        "x",
        "Ten times as many",
        "go on to ten times as many, when complete",
        "ten times as many",
        "ten-times",
    ),
    Key(
        "app.runs",
        "r",
        "r",
        "All runs",
        "all runs: open, begin, export, delete",
        "runs",
        "runs",
    ),
)
THE_DIGITS = (
    Key(
        "screen.search",
        "slash",
        "/",
        "Search",
        "search digits as you type; n N turn, Esc ends it",
        "search",
        "search",
    ),
    Key("screen.next_hit", "n", "n", "Next hit", "the next hit of the search", id="next-hit"),
    Key(
        "screen.previous_hit",
        "N",
        "N",
        "Previous hit",
        "the hit before",
        id="previous-hit",
    ),
    Key(
        "screen.turn_view",
        "v",
        "v",
        "Next view",
        "turn the view: digits, random walk, heat map",
        "view",
        "view",
    ),
    Key(
        "screen.go_to",
        "g,ctrl+g",
        "g",
        "Go to position",
        "go to a position: 762, 1e6, 50%, end",
        "go to",
        "go-to",
    ),
    Key(
        "screen.follow",
        "G",
        "G End",
        "Follow the tail",
        "follow the tail; scrolling up lets go of it",
        id="follow",
    ),
    Key(
        "screen.birthday",
        "b",
        "b",
        "Find a birthday",
        "where a date stands in pi, on a card to share",
        "birthday",
        "birthday",
    ),
    Key(
        "screen.landmarks",
        "l",
        "l",
        "Landmarks",
        "all there is to see in pi, reached and to come",
        "landmarks",
        "landmarks",
    ),
    Key(
        "screen.color_digits",
        "d",
        "d",
        "Colour by digit",
        "each digit in its own colour, or not",
        "colours",
        "color",
    ),
    Key(
        "screen.copy",
        "y",
        "y",
        "Copy",
        "copy the selection, or the line at the top",
        id="copy",
    ),
    Key(
        "screen.export",
        "e",
        "e",
        "Export to a file",
        "write all digits, or a range, into a file",
        "export",
        "export",
    ),
    Key(
        "screen.picture",
        "s",
        "s",
        "Save a picture",
        "draw the walk, or the heat map in sight",
        "picture",
        "picture",
    ),
    Key(
        "app.by_heart",
        "h",
        "h",
        "Pi by heart",
        "type the digits from memory",
        id="by-heart",
    ),
    Key(
        "screen.show_fact",
        "m",
        "m",
        "Show what the note tells of",
        "go to what the note at the bottom tells of",
        id="note",
    ),
)
THE_REST = (
    Key(
        "app.change_theme",
        "t",
        "t",
        "Theme",
        "choose a theme; it is on while you look",
        "theme",
        "theme",
    ),
    Key(
        "app.help",
        "question_mark,f1",
        "? F1",
        "Help",
        "what is on the screen, what the keys do",
        "help",
        "help",
    ),
)
KEYS = (*THE_RUN, *THE_DIGITS, *THE_REST)
IN_THE_BAR = (
    "app.toggle_pause",
    "app.quit",
    "app.full_speed",
    "app.save_now",
    "app.help",
    "screen.search",
    "screen.turn_view",
    "screen.go_to",
    "screen.color_digits",
    "screen.export",
    "app.runs",
    "app.change_theme",
)
"""What the key bar has room for, the most useful first."""
WHEN_COMPLETE = (
    "app.quit",
    "app.ten_times",
    "screen.birthday",
    "screen.picture",
    "app.help",
    "screen.export",
    "screen.search",
    "screen.turn_view",
    "screen.go_to",
    "screen.color_digits",
    "app.runs",
    "app.change_theme",
)
"""The same when there is nothing more to compute: what next?"""
_SIGNS = {"plus": "+", "minus": "-", "question_mark": "?"}


def bindings(where: str) -> list[BindingType]:
    """The bindings of the app, or of the screen.

    >>> [binding.key for binding in bindings("app")][:2]
    ['p,space', 'q']
    """
    return [
        Binding(
            key.keys,
            key.action.partition(".")[2],
            key.title,
            key_display=_SIGNS.get(key.keys.partition(",")[0]),
            id=key.id or None,
        )
        for key in KEYS
        if key.action.startswith(f"{where}.")
    ]


def key_for(action: str) -> Key:
    """The key that does this."""
    return next(key for key in KEYS if key.action == action)
