"""Blocks: N, P and D of their definition, with the common factor divided out."""

from math import prod

import pytest
from gmpy2 import mpz

from pi_tui.spigot.blocks import common_factor, make_block


@pytest.mark.parametrize("boxes", [1, 2, 3, 8, 16, 33, 64, 100])
@pytest.mark.parametrize("first", [0, 1, 7, 64, 1_000])
def test_a_block_is_its_definition_over_the_common_factor(first: int, boxes: int) -> None:
    last = first + boxes
    common = common_factor(boxes)
    d = prod(2 * m + 1 for m in range(first, last))
    p = prod(m for m in range(first + 1, last + 1))
    n = sum(
        2 * prod(range(first + 1, j + 1)) * prod(2 * m + 1 for m in range(j + 1, last))
        for j in range(first, last)
    )
    block, number = make_block(first, boxes, mpz(1))
    assert number * common == n
    assert (block.factor << block.shift) * common == p
    assert block.divisor * common == d


@pytest.mark.parametrize("boxes", range(1, 40))
def test_the_common_factor_divides_every_mixed_product_wherever_the_block_is(boxes: int) -> None:
    common = common_factor(boxes)
    for first in range(60):
        for j in range(boxes):
            mixed = prod(range(first + 1, first + j + 1))
            mixed *= prod(2 * m + 1 for m in range(first + j + 1, first + boxes))
            assert mixed % common == 0
