"""Where a database is, and files written whole or not at all. May import words and errors."""
