"""Themes and colours, and the file with the user's settings.

It may import Textual, face.py, screens/ and files/.
"""
