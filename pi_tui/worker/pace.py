"""How fast to go, and when to save."""

from __future__ import annotations

from dataclasses import dataclass

AUTO_SECONDS = 30.0
"""A run that would be over sooner is spread over about this long, so that it can be watched."""
AUTO_SLOWEST = 50.0
"""Digits per second that `auto` never goes below."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Digits per second asked for.

    >>> Pace.auto(20_000).limit
    666.6666666666666
    >>> Pace.auto(600).limit
    50.0
    >>> Pace("max").limit is None
    True
    """

    word: str
    """`auto`, `max`, or the number the user asked for."""
    limit: float | None = None
    """Digits per second; None is full speed."""

    @classmethod
    def auto(cls, digits: int) -> Pace:
        """The default of the app: about thirty seconds for a run that would be over sooner."""
        return cls("auto", max(AUTO_SLOWEST, digits / AUTO_SECONDS))
