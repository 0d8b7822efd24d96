"""Rabinowitz and Wagon's algorithm as their paper has it: one digit a step, one box at a time."""


class Textbook:
    """Boxes of small integers; box j stands for (1/3)(2/5)…(j/(2j+1)), all 2 at the start."""

    def __init__(self, boxes: int) -> None:
        self.boxes = [2] * boxes
        self.i = 0
        self.nines = 0
        self.predigit = 0
        self.have_predigit = False
        self.digits = ""
        """Settled digits, the 3 included."""

    def step(self) -> None:
        carry = 0
        for j in range(len(self.boxes) - 1, 0, -1):
            x = 10 * self.boxes[j] + carry
            self.boxes[j] = x % (2 * j + 1)
            carry = x // (2 * j + 1) * j
        x = 10 * self.boxes[0] + carry
        q, self.boxes[0] = divmod(x, 10)
        self.i += 1
        if not self.have_predigit:
            self.predigit, self.have_predigit = q, True
        elif q == 9:
            self.nines += 1
        elif q == 10:
            self.digits += str(self.predigit + 1) + "0" * self.nines
            self.predigit, self.nines = 0, 0
        else:
            self.digits += str(self.predigit) + "9" * self.nines
            self.predigit, self.nines = q, 0
