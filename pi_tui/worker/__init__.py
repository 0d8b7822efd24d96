"""The thread that steps the spigot and commits checkpoints."""
