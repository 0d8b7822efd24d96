"""Views in the middle of the screen: the digits, the walk, the heat map.

They may import Textual, app/, pi/digits/ and the pictures, and no screen.
"""
