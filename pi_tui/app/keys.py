"""The table of keys, from which bindings, key bar, command palette and help are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from textual.binding import Binding, BindingType

from pi_tui.worker.snapshot import Snapshot

SHORT = {
    **{"save & quit": "quit", "checkpoint": "save", "search": "find", "go to": "go"},
    **{"all actions": "all", "go on here": "go on"},
}
"""Maps words of the key bar to shorter ones for a narrow window."""


class Key(NamedTuple):
    """A row of the table: a key and its action."""

    action: str
    """The action: `app.…` or `screen.…`."""
    keys: str
    """Textual's names of the keys, separated by commas."""
    shown: str
    """The keys as help and palette write them."""
    word: str
    """The word in the key bar; "" if the key is not shown there."""
    title: str
    """The name of the action in the palette."""
    meaning: str
    """What the key does, in one line of the help."""


class Section(NamedTuple):
    """Keys under one heading of the help."""

    title: str
    keys: tuple[Key, ...]
    more: tuple[tuple[str, str], ...] = ()
    """More lines of the help, for keys without a row."""


class KeyTable(NamedTuple):
    """All keys of an app, and which of them the key bar shows."""

    sections: tuple[Section, ...]
    in_the_bar: tuple[str, ...]
    """Actions in the key bar, the most useful first."""
    when_complete: tuple[str, ...]
    """Actions in the key bar once the run is complete."""
    of_a_writer: tuple[str, ...] = ("app.toggle_pause", "app.save_now")
    """Actions impossible while another process computes; after its end the first is possible."""
    of_a_whole_run: tuple[str, ...] = ()
    """Actions that are not possible with a failed run."""
    short: Mapping[str, str] = SHORT
    """Maps words of the key bar to shorter ones for a narrow window."""
    says: Callable[[Snapshot], dict[str, str]] = lambda _: {}
    """A function that returns words for the key bar that depend on the snapshot, by action."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return the rows of all sections."""
        return tuple(key for section in self.sections for key in section.keys)

    def of(self, action: str) -> Key:
        """Return the row of the key table for an action, such as `app.quit`."""
        return next(key for key in self.keys if key.action == action)


def rows(text: str, known: Sequence[Key] = ()) -> tuple[Key, ...]:
    """Parse a table of keys; a line with only an action stands for its row in `known`.

    >>> rows("app.quit | q | q | leave | Quit | save and leave")[0].meaning
    'save and leave'
    """
    by_action = {key.action: key for key in known}
    lines = [line.strip() for line in text.strip().splitlines()]
    return tuple(
        Key(*(cell.strip() for cell in line.split("|"))) if "|" in line else by_action[line]
        for line in lines
    )


def bindings(keys: Sequence[Key], where: str) -> list[BindingType]:
    """Return the key bindings of all rows whose action begins with `where`: `app` or `screen`.

    Only the binding of the command palette has priority over the focused widget.

    >>> [binding.key for binding in bindings(KEYS.keys, "app")][:2]
    ['p,space', 'q']
    """
    return [
        Binding(key.keys, key.action.partition(".")[2], key.title, priority=key.keys == "ctrl+p")
        for key in keys
        if key.action.startswith(f"{where}.")
    ]


_THE_RUN = rows("""
app.toggle_pause | p,space | p Space | pause | Pause or go on | pause, saving; again: go on
app.quit | q | q | save & quit | Save and quit | save and leave
app.save_now | c | c | checkpoint | Checkpoint now | checkpoint now
app.runs | r | r | runs | All runs | all runs: open, begin, export, delete
""")
_THE_OUTPUT = rows("""
screen.search | slash | / | search | Search | search as you type; n N turn, Esc ends it
screen.turn_hits(True) | n | n | | Next hit | the next hit of the search
screen.turn_hits(False) | N | N | | Previous hit | the hit before
screen.go_to | g,ctrl+g | g | go to | Go to position | go to a byte: 762, 1e6, 50%, end
screen.follow | G | G End | | Follow the tail | follow the newest; scrolling up stops that
screen.copy | y | y | | Copy | copy the selection, or the line at the top
screen.export | e | e | export | Export to a file | write the output into a file
""")
_THE_REST = rows("""
app.change_theme | t | t | theme | Theme | choose a theme, with a preview
app.show_trouble | exclamation_mark | ! | why | What is wrong | all of the error
app.command_palette | ctrl+p | Ctrl+P | all actions | All actions | every action by name
app.help | question_mark,f1 | ? F1 | help | Help | what is on the screen, what the keys do
""")
OF_THE_RUN = (
    ("Ctrl+C Ctrl+Q", "save and leave; Ctrl+C first copies a selection"),
    ("Ctrl+Z", "save and suspend; fg brings it back"),
)
KEYS = KeyTable(
    (
        Section("The run", _THE_RUN, OF_THE_RUN),
        Section(
            "The output",
            _THE_OUTPUT,
            (
                ("↑ ↓ PgUp PgDn Home", "scroll; the wheel does too"),
                ("mouse, Ctrl+C", "select text and copy it"),
                ("Esc", "end the search, remove the marks"),
            ),
        ),
        Section("The rest", _THE_REST),
    ),
    in_the_bar=(
        *("app.toggle_pause", "app.quit", "app.save_now", "app.help", "screen.search"),
        *("screen.go_to", "app.runs", "screen.export", "app.change_theme"),
        "app.command_palette",
    ),
    when_complete=(
        *("app.quit", "app.help", "screen.export", "screen.search"),
        *("screen.go_to", "app.runs", "app.change_theme", "app.command_palette"),
    ),
)
