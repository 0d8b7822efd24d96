"""Widgets that show any run: bars, panels, the output, braille drawing.

They may import Textual and the values in app/, and no screen.
"""
