"""The app for pi: PiApp, PiScreen and what they add to app/.

It may import Textual, app/, pi/digits/, the spigot and the pictures.
"""
