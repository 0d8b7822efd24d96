"""The keys of the app for pi: those of any run, and those for digits."""

from __future__ import annotations

from pi_tui.app.keys import KEYS, OF_THE_RUN, SHORT, KeyTable, Section, rows
from pi_tui.worker.snapshot import Snapshot

_THE_RUN = rows(
    """
app.toggle_pause | p,space | p Space | pause | Pause or go on | pause, which saves; again: go on
app.quit
app.full_speed | f | f | full speed | Full speed on or off | full speed, or back to a pace for watching
app.save_now
app.pace(2) | plus,equals_sign | + | | Double the pace | twice as many digits per second
app.pace(0.5) | minus | - | | Halve the pace | half as many digits per second
app.more | x | x | ten times as many | More digits | a larger run: ten times the digits, or until a search finds
app.runs
""",  # noqa: E501 - a row is a line
    KEYS.keys,
)
_THE_DIGITS = rows(
    """
screen.search | slash | / | search | Search | search digits as you type; n N turn, Esc ends it
screen.turn_hits(True)
screen.turn_hits(False)
screen.turn_view | v | v | view | Next view | turn the view: digits, random walk, heat map
screen.go_to | g,ctrl+g | g | go to | Go to position | go to a position: 762, 1e6, 50%, end
screen.follow
screen.birthday | b | b | birthday | Find a birthday | where a date stands in pi, on a card to share
screen.landmarks | l | l | landmarks | Landmarks | all there is to see in pi, reached and to come
screen.color_digits | d | d | colours | Colour by digit | each digit in its own colour, or not
screen.copy
screen.export | e | e | export | Export to a file | write all digits, or a range, into a file
screen.picture | s | s | picture | Save a picture | draw the walk, or the heat map in sight
screen.statistics | S | S | statistics | Statistics | pairs, gaps and runs, each with its chance
screen.replay | w | w | replay | Replay the walk | watch the walk grow again from the first digit
app.by_heart | h | h | by heart | Pi by heart | type the digits from memory
screen.show_fact | m | m | | Show the digits of the note | go to the digits that the note is about
""",
    KEYS.keys,
)


def _says(snapshot: Snapshot) -> dict[str, str]:
    """Return a dict with one entry: the action of the key `f`, and its label in the key bar.

    The label names the pace that the key would set now: full speed or the automatic pace.
    """
    return {"app.full_speed": "auto pace" if snapshot.pace.limit is None else "full speed"}


_KNOWN = {key.action for key in KEYS.keys}
PI_ROWS = tuple(key for key in (*_THE_RUN, *_THE_DIGITS) if key.action not in _KNOWN)
"""The keys that the app for pi has and the app for any machine has not."""
PI_KEYS = KeyTable(
    (
        Section("The run", _THE_RUN, OF_THE_RUN),
        Section(
            "The digits",
            _THE_DIGITS,
            (
                ("↑ ↓ PgUp PgDn Home", "scroll; the wheel does too"),
                ("+ - 0 ← → ↑ ↓", "in the walk: nearer, farther, all, to a side"),
                ("mouse", "the same; a click in a picture shows its digits"),
                ("mouse, Ctrl+C", "select digits and copy them, without gaps"),
                ("Esc", "dismiss the note, then the search and the marks"),
            ),
        ),
        Section("The rest", KEYS.sections[2].keys),
    ),
    in_the_bar=(
        *("app.toggle_pause", "app.quit", "app.full_speed", "app.save_now", "app.help"),
        *("screen.search", "screen.turn_view", "screen.go_to", "screen.color_digits"),
        *("app.runs", "screen.landmarks", "app.by_heart", "app.command_palette"),
        *("screen.export", "app.change_theme", "screen.birthday", "screen.statistics"),
        *("screen.replay", "screen.picture"),
    ),
    when_complete=(
        *("app.quit", "app.more", "screen.birthday", "screen.picture", "app.help"),
        *("screen.export", "screen.search", "screen.turn_view", "screen.go_to"),
        *("app.runs", "screen.color_digits", "screen.landmarks", "app.by_heart"),
        *("app.command_palette", "screen.statistics", "screen.replay", "app.change_theme"),
    ),
    of_a_writer=("app.toggle_pause", "app.full_speed", "app.save_now"),
    of_a_whole_run=("app.more",),
    short=SHORT
    | {"full speed": "fast", "auto pace": "auto", "ten times as many": "more", "birthday": "date"}
    | {"picture": "draw", "colours": "colour", "by heart": "heart"},
    says=_says,
)
