"""How fast to go, and when to save. Plain values: no clock, no thread."""

from __future__ import annotations

from dataclasses import dataclass

AUTO_SECONDS = 30.0
"""A run that would be over sooner is spread over about this long, so that it can be watched."""
AUTO_SLOWEST = 50.0
"""Output per second that `auto` never goes below."""
FASTEST = 1_000_000_000
"""Output per second that nobody gets anyway: a pace beyond is a mistake."""
AUTO_SAVE_SECONDS = 5.0
"""`auto` never saves more often than this."""
AUTO_SAVE_SHARE = 50.0
"""... nor so often that saving takes more than one part in fifty of the time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Output per second asked for."""

    word: str
    """`auto`, `max`, or the number the user asked for."""
    limit: float | None = None
    """Output per second; None is full speed."""

    @classmethod
    def parse(cls, text: str, length: int) -> Pace:
        """The pace that `text` means for so much output; ValueError if it means none.

        >>> Pace.parse("auto", 600)
        Pace(word='auto', limit=50.0)
        >>> Pace.parse("2_000", 600)
        Pace(word='2000', limit=2000.0)
        """
        if text == "auto":
            return cls.auto(length)
        if text == "max":
            return MAX
        number = int(text)
        if number > FASTEST:
            raise ValueError(f"a pace of more than {FASTEST:,} a second is a mistake")
        return cls.of(number)

    @classmethod
    def auto(cls, length: int) -> Pace:
        """The default of the app: about thirty seconds for a run that would be over sooner.

        >>> Pace.auto(60_000).limit
        2000.0
        """
        return cls("auto", max(AUTO_SLOWEST, length / AUTO_SECONDS))

    @classmethod
    def of(cls, per_second: float) -> Pace:
        """Exactly so much output a second; ValueError below one."""
        if per_second < 1:
            raise ValueError(f"a pace is at least 1 a second, not {per_second:g}")
        return cls(f"{per_second:.0f}", float(per_second))


MAX = Pace("max")
"""Full speed."""


@dataclass(frozen=True, slots=True)
class Cadence:
    """When to save of one's own accord: by time, by output, or never.

    Whatever it says, pausing, quitting, signals and the end save too.
    """

    seconds: float | None = None
    output: int | None = None
    """Save each time so much more is there."""
    share: float = 0.0
    """Wait at least this many times as long as the last save took."""

    @classmethod
    def parse(cls, text: str) -> Cadence:
        """The cadence `auto`, `5s`, `1000` or `0` means; ValueError if it means none.

        >>> Cadence.parse("5s")
        Cadence(seconds=5.0, output=None, share=0.0)
        >>> Cadence.parse("1_000")
        Cadence(seconds=None, output=1000, share=0.0)
        >>> Cadence.parse("0") == Cadence()
        True
        """
        if text == "auto":
            return AUTO_CADENCE
        if text.endswith("s"):
            seconds = float(text[:-1])
            if not 0.1 <= seconds <= 1e6:
                raise ValueError("seconds between saves go from 0.1s to 1000000s")
            return cls(seconds=seconds)
        output = int(text)
        if output < 0:
            raise ValueError("output between saves cannot be negative")
        return cls(output=output or None)

    def seconds_until_next(self, last_save_took: float) -> float | None:
        """Seconds from one save to the next, or None if time does not matter.

        >>> AUTO_CADENCE.seconds_until_next(last_save_took=0.2)
        10.0
        """
        if self.seconds is None:
            return None
        return max(self.seconds, self.share * last_save_took)

    def next_mark(self, count: int) -> int | None:
        """The first multiple of `output` past `count`: saving is due at `count >= mark`.

        A step may make no output, one byte or thousands: `count % output == 0` would skip marks.

        >>> Cadence(output=1000).next_mark(1234)
        2000
        """
        return None if self.output is None else (count // self.output + 1) * self.output


AUTO_CADENCE = Cadence(seconds=AUTO_SAVE_SECONDS, share=AUTO_SAVE_SHARE)
"""Every five seconds, and at most 2 % of the time."""
