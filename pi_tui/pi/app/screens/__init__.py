"""Dialogs of the app for pi: number of digits, birthday card, landmarks, statistics, by heart.

They may import Textual, app/, pi/digits/ and the settings.
"""
