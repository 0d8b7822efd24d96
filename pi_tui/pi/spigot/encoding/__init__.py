"""A spigot's state as bytes and back. May import the mathematics beside it, no store."""
