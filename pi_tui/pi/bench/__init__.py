"""`pi-tui bench`: us and our peers measured side by side, from outside and from inside."""
