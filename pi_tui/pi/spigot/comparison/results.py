"""Compute results that depend on each other, in threads: each as soon as its parts are there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from threading import Condition
from typing import NamedTuple

from pi_tui.pi.spigot.comparison.chudnovsky import Found
from pi_tui.pi.spigot.pool import Check, gather

Kept = dict[str, Found]
"""Intermediate results by name; a computation can continue from any subset of them."""

_WAIT_SECONDS = 0.05


class Node(NamedTuple):
    """One intermediate result (one to three numbers) that has to be computed."""

    of: tuple[str, ...]
    """The names of the results that this result depends on."""
    make: Callable[..., Found]
    """The function that computes this result from a `Check` and the results named in `of`."""
    hidden: bool = False
    """True if only the end of one call needs this result, so it is not kept for the next call."""


Graph = dict[str, Node]
"""Results to compute by name, each after those that it depends on."""


def left(graph: Graph, ends: Iterable[str], kept: Collection[str]) -> list[str]:
    """Return the names of the results that are still to be computed, each after those it needs.

    These are the results in `ends`, and those that they depend on. Results in `kept` are left out,
    and so are those that are needed only for results in `kept`.
    """
    wanted, names = set(ends), list[str]()
    for name in reversed(graph):
        if name in wanted and name not in kept:
            names.insert(0, name)
            wanted.update(graph[name].of)
    return names


def compute(
    graph: Graph, ends: Collection[str], threads: int, kept: Kept, watch: Callable[[int], None]
) -> Kept:
    """Compute the results named in `ends`, and return them by name.

    `kept` has results of an earlier call that was interrupted; they are not computed again. The
    function `watch` is called in the calling thread, with the number of results found by this call,
    as `gather` (pool.py) does it. `kept` changes only right before such a call and at the end, so
    `watch` may save it. It then has all found results that the rest of the computation needs,
    except hidden ones (`Node.hidden`). A result that is not in `ends` is dropped once all results
    that depend on it are found.
    """
    found = {name: result for name, result in kept.items() if name in graph}
    wanted, more = left(graph, ends, found), Condition()

    def find(name: str, check: Check) -> None:
        node = graph[name]
        with more:
            while not more.wait_for(lambda: all(part in found for part in node.of), _WAIT_SECONDS):
                check()
        result = node.make(check, *(found[part] for part in node.of))
        with more:
            found[name] = result
            more.notify_all()

    def tidy() -> None:
        here = dict(found)  # while other threads add to it
        needed = set(ends).union(*(graph[name].of for name in left(graph, ends, here)))
        for name in here.keys() - needed:
            del found[name]
        kept.clear()
        kept.update((name, here[name]) for name in here if name in found and not graph[name].hidden)

    def look(count: int) -> None:
        tidy()  # in this thread only: a `watch` that saves must see one state
        watch(count)

    try:
        gather([partial(find, name) for name in wanted], threads, look)
    finally:
        tidy()
    watch(len(wanted))
    return found
