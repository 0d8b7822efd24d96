"""Commands of `pi-tui` about digits. May import all but the app."""
