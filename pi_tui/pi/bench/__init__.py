"""`pi-tui bench`: measure pi-tui and other programs, from outside and from inside."""
