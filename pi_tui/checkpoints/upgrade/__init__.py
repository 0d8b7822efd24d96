"""Migration of databases of earlier versions. May import the rest of checkpoints."""
