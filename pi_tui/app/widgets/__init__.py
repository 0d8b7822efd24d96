"""Widgets for a run of any kind: bars, panels, the output, braille drawing.

They may import Textual, frames/ and looks/, and no screen.
"""
