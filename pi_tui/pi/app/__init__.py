"""The app for pi: PiApp, PiScreen and what they add to app/.

It may import Textual, app/ and all of pi/ except its commands and its bench.
"""
