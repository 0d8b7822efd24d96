"""The mathematics: a Rabinowitz-Wagon spigot over blocks of boxes. Imports gmpy2 and machine."""
