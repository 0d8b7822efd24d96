"""Messages that stay for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pi_tui.words import plain

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen


def tell(
    where: App[Any] | Screen[Any],
    text: str,
    *,
    title: str = "",
    wrong: bool = False,
    seconds: float = 6,
) -> None:
    """Show `text` for so many seconds; nothing in it is obeyed, be it markup or escape codes."""
    where.notify(
        plain(text),
        title=title,
        severity="error" if wrong else "information",
        timeout=seconds,
        markup=False,
    )
