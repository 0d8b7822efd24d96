"""Save runs in SQLite or PostgreSQL. Only this folder imports SQLAlchemy."""
