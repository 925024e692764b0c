"""Where the nodes of a network stand: near to each other as they are near in the graph."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

Point = tuple[float, float]
_ROUNDS = 20
_PAIRS = 9000  # of distant nodes; of more a sample is taken
_SEED = 7


def components(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The connected parts of a graph of nodes 0 to count - 1, the largest first."""
    near = _neighbours(count, edges)
    seen: set[int] = set()
    parts = []
    for start in range(count):
        if start not in seen:
            part = list(_distances(start, near))
            seen.update(part)
            parts.append(sorted(part))
    return sorted(parts, key=lambda part: (-len(part), part[0]))


def layout(nodes: Sequence[int], edges: Iterable[tuple[int, int]]) -> dict[int, Point]:
    """A place for each node of a connected graph, neighbours about 1 apart; always the same.

    Stress is minimised by stochastic gradient descent: Zheng, Pawar and Goodman, "Graph Drawing by
    Stochastic Gradient Descent", IEEE TVCG 25 (2019), with their exponential schedule; of a large
    graph's distant pairs a sample has a say, so that 300 nodes take well under a second.
    """
    order = {node: number for number, node in enumerate(nodes)}
    near = _neighbours(
        len(nodes), ((order[a], order[b]) for a, b in edges if a in order and b in order)
    )
    chance = random.Random(_SEED)  # not for secrets: it breaks ties between equal drawings
    size = math.sqrt(len(nodes))
    xs = [chance.random() * size for _ in nodes]
    ys = [chance.random() * size for _ in nodes]
    pairs = [
        (a, b, float(far))
        for a in range(len(nodes))
        for b, far in _distances(a, near).items()
        if a < b
    ]
    if len(pairs) > _PAIRS:
        close = [pair for pair in pairs if pair[2] <= 1]
        pairs = close + chance.sample([pair for pair in pairs if pair[2] > 1], _PAIRS)
    farthest = max((far for *_, far in pairs), default=1.0)
    for turn in range(_ROUNDS):
        step = farthest**2 * (0.1 / farthest**2) ** (turn / (_ROUNDS - 1))
        chance.shuffle(pairs)
        for a, b, far in pairs:
            dx, dy = xs[a] - xs[b], ys[a] - ys[b]
            apart = math.hypot(dx, dy) or 1e-9
            move = min(step / far**2, 1.0) * (apart - far) / (2 * apart)
            xs[a] -= move * dx
            ys[a] -= move * dy
            xs[b] += move * dx
            ys[b] += move * dy
    return _levelled({node: (xs[n], ys[n]) for node, n in order.items()})


def _levelled(places: Mapping[int, Point]) -> dict[int, Point]:
    """The places turned so that the longer extent lies across, the least of each coordinate 0."""
    count = len(places)
    mx, my = sum(x for x, _ in places.values()) / count, sum(y for _, y in places.values()) / count
    xx = sum((x - mx) ** 2 for x, _ in places.values())
    yy = sum((y - my) ** 2 for _, y in places.values())
    xy = sum((x - mx) * (y - my) for x, y in places.values())
    turn = -math.atan2(2 * xy, xx - yy) / 2  # of the principal axis
    cos, sin = math.cos(turn), math.sin(turn)
    turned = {
        n: ((x - mx) * cos - (y - my) * sin, (x - mx) * sin + (y - my) * cos)
        for n, (x, y) in places.items()
    }
    left, top = min(x for x, _ in turned.values()), min(y for _, y in turned.values())
    return {n: (x - left, y - top) for n, (x, y) in turned.items()}


def _neighbours(count: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    near: list[set[int]] = [set() for _ in range(count)]
    for a, b in edges:
        if a != b:
            near[a].add(b)
            near[b].add(a)
    return [sorted(one) for one in near]


def _distances(start: int, near: Sequence[Sequence[int]]) -> dict[int, int]:
    """How many edges away each node that can be reached is."""
    found = {start: 0}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for other in near[node]:
            if other not in found:
                found[other] = found[node] + 1
                waiting.append(other)
    return found
