"""Machines that are no spigot, each a whole program, to learn from."""
