"""The tables and their rows: models, output, pieces of states. May import records and locking/."""
