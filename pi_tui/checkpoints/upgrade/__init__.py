"""Databases of earlier versions, brought up to date."""
