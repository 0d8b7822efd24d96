"""The face: Textual screens and widgets, drawn from the worker's snapshots."""
