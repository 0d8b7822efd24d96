"""The title of the terminal, and progress in its tab or in the task bar."""

from __future__ import annotations

import os
from collections.abc import Mapping

from pi_tui.app.frames.naming import Naming
from pi_tui.worker.snapshot import Snapshot, State

KEEP_TITLE, _GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b[23;2t"
_LEAVE_SCREEN = (
    # End a sequence that was cut off, and a frame; reset mouse, focus, paste, wrap, colours.
    "\x1b\\\x1b[?2026l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    "\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[0m"
    # Clear the screen, for terminals without an alternate screen.
    "\x1b[H\x1b[J"
    "\x1b[<u\x1b[?1049l\x1b[?25h"
)
_NO_PROGRESS = "\x1b]9;4;0;0\x07"
_STATES = {State.PAUSED: 4, State.WATCHING: 4, State.FAILED: 2, State.PREPARING: 3}
"""Numbers of OSC 9;4: 1 normal, 2 error, 3 busy, 4 paused."""


def shows_progress(environment: Mapping[str, str] = os.environ) -> bool:
    """Return True if the terminal is known to show progress by OSC 9;4, outside tmux and screen.

    In other terminals, OSC 9 may open a pop-up.

    >>> shows_progress({"TERM_PROGRAM": "ghostty"}), shows_progress({"TERM_PROGRAM": "iTerm.app"})
    (True, False)
    """
    if "TMUX" in environment or "STY" in environment:
        return False
    if any(name in environment for name in ("WT_SESSION", "ConEmuANSI")):
        return True
    return environment.get("TERM_PROGRAM") in ("ghostty", "WezTerm")


def leaving() -> str:
    """Return the sequences that restore the terminal: modes, screen, cursor, title, progress."""
    return _LEAVE_SCREEN + _GIVE_TITLE_BACK + _NO_PROGRESS * shows_progress()


def title(snapshot: Snapshot, naming: Naming) -> str:
    """Return the sequences that show progress in the title and, if the terminal can, in the tab.

    Without a run, the title is "pi-tui".
    """
    percent = int(snapshot.done * 100)
    told = f"{percent} % of {naming.short(snapshot)} – {snapshot.state.value}"
    text = f"\x1b]2;{naming.sign} {told if snapshot.goal else 'pi-tui'}\x07"
    if not shows_progress():
        return text
    if snapshot.state is State.COMPLETE:
        return text + _NO_PROGRESS
    return f"{text}\x1b]9;4;{_STATES.get(snapshot.state, 1)};{percent}\x07"
