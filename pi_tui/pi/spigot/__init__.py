"""The mathematics: a Rabinowitz-Wagon spigot over blocks of boxes. Knows gmpy2, nothing else."""
