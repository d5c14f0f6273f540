# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which addresses lead to each other in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def loops(starts: Iterable[str], ways: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """The number of the loop on which each address lies, for all that is reached from ``starts`` and lies on one.

    ``ways`` gives where an address leads. Two addresses have one number exactly if each leads to the other, over any
    number of steps (Tarjan's strongly connected components, without recursion). An address that leads only to itself
    lies on no loop.
    """
    search = _Search(ways)
    for start in starts:
        search.visit(start)
    return {address: number for number, group in enumerate(search.components) if len(group) > 1 for address in group}


class _Search:
    def __init__(self, ways: Callable[[str], Iterable[str]]) -> None:
        self.components: list[list[str]] = []
        self._ways = ways
        self._order: dict[str, int] = {}
        self._lowest: dict[str, int] = {}
        self._open: list[str] = []
        self._closed: set[str] = set()

    def visit(self, start: str) -> None:
        if start in self._order:
            return
        path = [(start, iter(self._enter(start)))]
        while path:
            address, ahead = path[-1]
            following = next(ahead, None)
            if following is None:
                path.pop()
                self._leave(address)
                if path:
                    self._reach(path[-1][0], self._lowest[address])
            elif following not in self._order:
                path.append((following, iter(self._enter(following))))
            elif following not in self._closed:
                self._reach(address, self._order[following])

    def _enter(self, address: str) -> Iterable[str]:
        self._order[address] = self._lowest[address] = len(self._order)
        self._open.append(address)
        return self._ways(address)

    def _reach(self, address: str, order: int) -> None:
        self._lowest[address] = min(self._lowest[address], order)

    def _leave(self, address: str) -> None:
        if self._lowest[address] < self._order[address]:
            return
        group: list[str] = []
        while not group or group[-1] != address:
            group.append(self._open.pop())
        self._closed.update(group)
        self.components.append(group)
