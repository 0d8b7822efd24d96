"""The commands that need no screen, a file for each kind."""
