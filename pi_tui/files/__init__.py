"""Locations of databases, and files written completely or not at all. May import words, errors."""
