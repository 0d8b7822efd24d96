"""Two ready-made machines: a generator, and a batch of items. May import carry_on."""
