"""Views of the digits that fill the stage: the digits themselves, the walk, the heat map.

They may import Textual, app/, pi/digits/ and the pictures, and no screen.
"""
