"""The mathematics: a Rabinowitz-Wagon spigot over blocks of boxes. Needs gmpy2 only."""
