"""Encode a spigot's state as bytes, and decode it. May import spigot/, and never the store."""
