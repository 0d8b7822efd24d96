"""The commands of `pi-tui` about digits. May import everything except the app."""
