"""The thread that steps a machine and commits checkpoints. May import checkpoints and below."""
