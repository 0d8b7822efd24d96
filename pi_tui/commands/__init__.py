"""The commands of `pi-tui` for runs of any kind. May import everything outside pi/."""
