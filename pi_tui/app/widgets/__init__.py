"""Widgets for a run of any kind: bars, panels, the output, braille drawing.

They may import Textual and the values in app/, and no screen.
"""
