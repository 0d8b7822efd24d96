"""Intermediate results by name, each computed by a job from others as soon as those are there."""

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
    """Whether only the end of one call uses it, so that it is not kept for the next."""


Graph = dict[str, Node]
"""Results to compute by name, each after those that it depends on."""


def left(graph: Graph, ends: Iterable[str], kept: Collection[str]) -> list[str]:
    """Return the names of the results that are still to compute to have those in `ends`."""
    wanted, names = set(ends), list[str]()
    for name in reversed(graph):
        if name in wanted and name not in kept:
            names.insert(0, name)
            wanted.update(graph[name].of)
    return names


def compute(
    graph: Graph, ends: Collection[str], threads: int, kept: Kept, watch: Callable[[int], None]
) -> Kept:
    """Compute and return the results in `ends`, continuing from those in `kept`.

    Calls `watch` with the number of results found as `gather` does; in between, `kept` does not
    change. It gets the results that are in `ends` or that others depend on, but no hidden ones. All
    are dropped as soon as those that depend on them are found.
    """
    shelf = _Shelf(graph, kept)
    wanted = left(graph, ends, shelf.found)

    def tidy() -> None:
        shelf.drop(ends)
        new = shelf.kept()
        kept.clear()
        kept.update(new)

    def look(more: int) -> None:
        tidy()  # in this thread only: a `watch` that saves must see one state
        watch(more)

    try:
        gather([partial(shelf.find, name) for name in wanted], threads, look)
    finally:
        tidy()
    watch(len(wanted))
    return shelf.found


class _Shelf:
    """The results found so far, on which the jobs of other results wait."""

    def __init__(self, graph: Graph, kept: Kept) -> None:
        self._graph = graph
        self.found = {name: found for name, found in kept.items() if name in graph}
        self._more = Condition()

    def find(self, name: str, check: Check) -> None:
        """Compute a result from those that it depends on, once they are there."""
        node = self._graph[name]
        with self._more:
            while not all(part in self.found for part in node.of):
                if not self._more.wait(_WAIT_SECONDS):
                    check()
        found = node.make(check, *(self.found[part] for part in node.of))
        with self._more:
            self.found[name] = found
            self._more.notify_all()

    def drop(self, ends: Iterable[str]) -> None:
        """Drop the results that no other depends on any more, but for those in `ends`."""
        found = dict(self.found)  # while other threads add to it
        needed = set(ends).union(*(self._graph[name].of for name in left(self._graph, ends, found)))
        for name in found.keys() - needed:
            del self.found[name]

    def kept(self) -> Kept:
        """Return the results that the next call can continue from."""
        found = dict(self.found)
        return {name: some for name, some in found.items() if not self._graph[name].hidden}
