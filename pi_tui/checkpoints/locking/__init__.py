"""Locks of runs and databases, and their holders. May import errors, files and words."""
