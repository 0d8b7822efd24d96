"""Two machines that ship ready made: a generator, and a batch of items. May import carry_on."""
