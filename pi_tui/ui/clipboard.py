"""Whether what we copy arrives: programs can only ask the terminal for its clipboard (OSC 52)."""

from __future__ import annotations

import os
from collections.abc import Mapping


def doubt(environment: Mapping[str, str] = os.environ) -> str:
    """What to add to "copied", where the terminal is known to ignore us; "" where it is not.

    >>> doubt({"TERM": "xterm-kitty"}), doubt({"TERM": "linux"})
    ('', ' But this terminal has no clipboard for programs; e exports to a file.')
    """
    deaf = environment.get("TERM") == "linux" or (
        environment.get("TERM_PROGRAM") == "Apple_Terminal"
    )
    if deaf:
        return " But this terminal has no clipboard for programs; e exports to a file."
    if "TMUX" in environment:
        return " (tmux passes it on with `set -g set-clipboard on`.)"
    return ""
