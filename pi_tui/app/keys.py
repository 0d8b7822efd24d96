"""Every key and what it does: bindings, key bar, palette and help are made from this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from textual.binding import Binding, BindingType

from pi_tui.worker.snapshot import Snapshot

SHORT = {
    **{"save & quit": "quit", "checkpoint": "save", "search": "find", "go to": "go"},
    **{"all actions": "all", "go on here": "go on"},
}
"""Words of the key bar, and shorter ones."""


class Key(NamedTuple):
    """A key that does something; a row of the table below."""

    action: str
    """The action: `app.…` or `screen.…`."""
    keys: str
    """Textual's names of the keys, with commas between."""
    shown: str
    """The keys as help and palette show them."""
    id: str
    """The name in a user's keymap."""
    word: str
    """The word in the key bar; "" where it has none."""
    title: str
    """The action's name in the palette."""
    meaning: str
    """What it does, in a line of the help."""


class Section(NamedTuple):
    """Keys under one heading of the help."""

    title: str
    keys: tuple[Key, ...]
    more: tuple[tuple[str, str], ...] = ()
    """Further lines of the help: keys that have no row."""


class KeyTable(NamedTuple):
    """All keys of an app, and which of them stand in the key bar."""

    sections: tuple[Section, ...]
    in_the_bar: tuple[str, ...]
    """Actions, the most useful first."""
    when_complete: tuple[str, ...]
    """The same when there is nothing more to compute."""
    of_a_writer: tuple[str, ...] = ("app.toggle_pause", "app.save_now")
    """Actions that do nothing while another process computes; the first goes on once it ended."""
    of_a_whole_run: tuple[str, ...] = ()
    """Actions that a failed run has not."""
    short: Mapping[str, str] = SHORT
    """Words of the key bar, and what stands for them in a narrow window."""
    says: Callable[[Snapshot], dict[str, str]] = lambda _: {}
    """Words in the key bar that depend on the moment, by action."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Return all rows."""
        return tuple(key for section in self.sections for key in section.keys)

    def of(self, action: str) -> Key:
        """Return the row of an action."""
        return next(key for key in self.keys if key.action == action)


def rows(text: str, known: Sequence[Key] = ()) -> tuple[Key, ...]:
    """Read a table of keys; a row that only names an action is taken from `known`.

    >>> rows("app.quit | q | q | quit | leave | Quit | save and leave")[0].meaning
    'save and leave'
    """
    by_action = {key.action: key for key in known}
    lines = [line.strip() for line in text.strip().splitlines()]
    return tuple(
        Key(*(cell.strip() for cell in line.split("|"))) if "|" in line else by_action[line]
        for line in lines
    )


_OVER_DIALOGS = ("ctrl+p",)
"""Keys of the app that also a dialog on top of it lets through, as Textual's own palette key."""


def bindings(keys: Sequence[Key], where: str) -> list[BindingType]:
    """Return the bindings of the app, or of the screen.

    >>> [binding.key for binding in bindings(KEYS.keys, "app")][:2]
    ['p,space', 'q']
    """
    return [
        Binding(
            key.keys,
            key.action.partition(".")[2],
            key.title,
            id=key.id,
            priority=key.keys in _OVER_DIALOGS,
        )
        for key in keys
        if key.action.startswith(f"{where}.")
    ]


_THE_RUN = rows("""
app.toggle_pause | p,space | p Space | pause | pause | Pause or go on | pause, saving; again: go on
app.quit | q | q | quit | save & quit | Save and quit | save and leave
app.save_now | c | c | checkpoint | checkpoint | Checkpoint now | checkpoint now
app.runs | r | r | runs | runs | All runs | all runs: open, begin, export, delete
""")
_THE_OUTPUT = rows("""
screen.search | slash | / | search | search | Search | search as you type; n N turn, Esc ends it
screen.next_hit | n | n | next-hit | | Next hit | the next hit of the search
screen.previous_hit | N | N | previous-hit | | Previous hit | the hit before
screen.go_to | g,ctrl+g | g | go-to | go to | Go to position | go to a byte: 762, 1e6, 50%, end
screen.follow | G | G End | follow | | Follow the tail | follow the tail; scrolling up lets go of it
screen.copy | y | y | copy | | Copy | copy the selection, or the line at the top
screen.export | e | e | export | export | Export to a file | write the output into a file
""")
_THE_REST = rows("""
app.change_theme | t | t | theme | theme | Theme | choose a theme; it is on while you look
app.command_palette | ctrl+p | Ctrl+P | palette | all actions | All actions | every action by name
app.help | question_mark,f1 | ? F1 | help | help | Help | what is on the screen, what the keys do
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
