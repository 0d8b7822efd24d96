"""Widgets for a run of any kind: bars, panels, the output, braille drawing.

They may import Textual, face.py, keys.py, frames/, looks/ and terminal/timers.py, and no screen.
"""
