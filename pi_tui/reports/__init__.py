"""Text about a run for terminals, pipes and files. May import worker and checkpoints."""
