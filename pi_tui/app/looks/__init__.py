"""Themes and colours, and the file with the user's settings.

It may import Textual, face, screens/ and talk/.
"""
