"""The thread that steps a machine and commits checkpoints."""
