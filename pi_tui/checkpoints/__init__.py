"""Durability: checkpoints in SQLite or PostgreSQL. The one place that knows SQLAlchemy."""
