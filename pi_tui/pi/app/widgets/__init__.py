"""Panels and bars about digits: counts, the spigot, facts, the search.

They may import Textual, app/, pi/digits/ and the spigot's figures, and no screen.
"""
