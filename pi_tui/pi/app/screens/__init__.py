"""Dialogs of the app for pi: number of digits, birthday card, landmarks, statistics, replay.

They may import Textual, app/, the views, pi/digits/, the pictures, the settings, and what estimates
time and memory of a run.
"""
