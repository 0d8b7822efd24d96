"""Connections to SQLite and PostgreSQL: time-outs, errors in our words. May import locking/."""
