"""Example machines other than the spigot; each is a whole program to learn from."""
