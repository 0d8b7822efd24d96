"""Digits of pi in a terminal: a spigot that can always go on where it stopped."""

__version__ = "1.1.0"
