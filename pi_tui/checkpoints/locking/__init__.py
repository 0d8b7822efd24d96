"""Who may write: the lock of a run, and the process that holds it."""
