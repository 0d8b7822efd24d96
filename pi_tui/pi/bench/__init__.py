"""`pi-tui bench`: measure pi-tui and other programs. May import everything but the app."""
