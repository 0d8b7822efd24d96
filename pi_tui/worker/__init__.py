"""The thread that steps a machine and saves it. May import checkpoints and what that may import."""
