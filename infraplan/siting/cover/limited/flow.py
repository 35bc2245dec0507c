"""Who carries whom: flows from sites of limited capacity to the rows they serve.

For fixed sites the weights that can be carried, v with 0 <= v_j <= weight_j, form a polymatroid (Federgruen, Groenevelt, 1986): the sum
over any set of rows has a greatest value, a maximal flow reaches it, and every v that can be carried extends to one with the greatest sum.
So targets are met if, and only if, one flow fills the musts and each zone up to its need, and the greatest flow of all reaches the whole
need: the first extends to the second without lowering what any zone has. Augmenting paths do just that, and never take from a sink.

Nodes: sites, rows, zones, the rest (rows in no zone that needs anything, and what zones carry beyond their need), source, sink.

Dinic, Algorithm for solution of a problem of maximum flow in networks with power estimation, Soviet Math. Doklady 11, 1970.
Federgruen, Groenevelt, The greedy procedure for resource allocation problems, Operations Research 34, 1986, doi 10.1287/opre.34.6.909.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from infraplan.arrays import Bools, Flags, Floats, Indices, Ints, kernel

TINY = 1e-13
"""Room of an arc below this share of all weight is none."""
TOUCHED, VISITED, REACHED = 0, 1, 2
"""Places in `note`: arcs that gave something, arcs looked at, nodes of the last search (the first so many of `queue`)."""


@kernel
def push(
    origin: int, target: int, limit: float, backward: bool, barred: int, tiny: float, first: Ints, head: Indices, mate: Ints, room: Floats,
    level: Indices, queue: Indices, at: Ints, path: Ints, moved: Floats, touched: Ints, marked: Flags, note: Ints,
) -> float:  # fmt: skip
    """Send up to `limit` more from `origin` to `target` (`backward`: along the arcs reversed), never through `barred`. What was sent.

    Dinic's algorithm: a breadth-first search numbers the nodes by their distance from `origin`; then paths that rise one level with every
    arc are walked depth first, each arc at most once, until `target` is out of reach; then the next search. `first`, `head`, `mate`,
    `room`: the arcs of a node, where each leads, the arc back, and what it can still take. `moved` notes what each arc gave, `touched`
    which arcs did, `note`: how many did, and arcs looked at. `level` is zero, and left so.
    """
    sent = 0.0
    while sent < limit - tiny:
        # breadth first: levels from 1 on, until `target` has one
        level[barred], level[origin], queue[0] = 1, 1, origin
        known, seen = 1, 0
        while seen < known and level[target] == 0:
            v = queue[seen]
            seen += 1
            note[VISITED] += first[v + 1] - first[v]
            for a in range(first[v], first[v + 1]):
                u = head[a]
                if level[u] == 0 and (room[mate[a]] if backward else room[a]) > tiny:
                    level[u] = level[v] + 1
                    queue[known] = u
                    known += 1
                    if u == target:
                        break
        last, note[REACHED] = level[target], known
        # depth first: `at` is the next arc of each node to be tried, `path` the arcs from `origin` to v
        for k in range(known):
            at[queue[k]] = first[queue[k]]
        v, depth = origin, 0
        while last > 0:
            if v == target:
                # as much as the narrowest arc of the path takes; then from the beginning, `at` remembers where
                amount = limit - sent
                for k in range(depth):
                    amount = min(amount, room[mate[path[k]]] if backward else room[path[k]])
                for k in range(depth):
                    a = mate[path[k]] if backward else path[k]
                    room[a] -= amount
                    room[mate[a]] += amount
                    moved[a] += amount
                    if not marked[a]:
                        marked[a] = 1
                        touched[note[TOUCHED]] = a
                        note[TOUCHED] += 1
                sent += amount
                v, depth = origin, 0
                if sent >= limit - tiny:
                    break
                continue
            # one arc on, but not past the level of `target`
            ahead = False
            while at[v] < first[v + 1]:
                a = at[v]
                u = head[a]
                if level[u] == level[v] + 1 and (u == target or level[u] < last) and (room[mate[a]] if backward else room[a]) > tiny:
                    path[depth] = a
                    depth += 1
                    v = u
                    ahead = True
                    break
                at[v] += 1
            if not ahead:
                # a dead end: one arc back, and never here again
                if v == origin:
                    break
                level[v] = -1
                depth -= 1
                v = head[mate[path[depth]]]
                at[v] += 1
        for k in range(known):
            level[queue[k]] = 0
        level[barred] = 0
        if last == 0:
            break
    return sent


@kernel
def finish_changes(undo: bool, room: Floats, mate: Ints, moved: Floats, touched: Ints, marked: Flags, note: Ints) -> None:
    """Forget what was noted; `undo`: reverse it first."""
    for k in range(note[TOUCHED]):
        a = touched[k]
        if undo:
            room[a] += moved[a]
            room[mate[a]] -= moved[a]
        moved[a], marked[a] = 0.0, 0
    note[TOUCHED] = 0


def places_of(start: Ints | Indices, sites: Ints) -> Ints:
    """Places of the entries of some sites, site by site. `start[i]`: the first entry of site i, `start[i + 1]` the first after it."""
    first = start.astype(np.int64)
    count = first[sites + 1] - first[sites]
    return np.repeat(first[sites] - np.cumsum(count) + count, count) + np.arange(count.sum())


class Flow:
    """A flow that grows. Nothing is open at first: open sites, and what rows, zones and the rest may take.

    Parameters
    ----------
    matrix : CSR, shape (sites, rows)
    weight, zone : of the rows; `zone` counts from 0, `zones` (one past the last) means none
    """

    def __init__(self, matrix: sp.csr_matrix, weight: Floats, zone: Ints, zones: int) -> None:
        sites, rows = matrix.shape
        self.sites, self.rows, self.zones = sites, rows, zones
        self.matrix, self.weight, self.zone = matrix, weight, zone
        self.source, self.sink = sites + rows + zones + 1, sites + rows + zones + 2
        self.tiny = TINY * max(1.0, float(weight.sum()))
        self.value = 0.0
        middle, rest = sites + np.arange(rows), self.source - 1
        groups = sites + rows + np.arange(zones)
        ends: list[tuple[Ints, Ints]] = [
            (groups, np.full(zones, self.sink)),
            (np.array([rest]), np.array([self.sink])),
            (np.full(sites, self.source), np.arange(sites)),
            (np.repeat(np.arange(sites), np.diff(matrix.indptr)), sites + matrix.indices.astype(np.int64)),
            (middle, np.full(rows, self.sink)),
            (middle, sites + rows + zone),
            (groups, np.full(zones, rest)),
        ]
        self._wire(np.concatenate([tail for tail, _ in ends]), np.concatenate([head for _, head in ends]))
        parts = np.cumsum([tail.size for tail, _ in ends])
        self.need_arc, self.rest_arc, self.site_arc, self.entry_arc, self.must_arc, self.row_arc, self.spill_arc = np.split(
            self._place[: int(parts[-1])], parts[:-1]
        )
        self.room[self.spill_arc] = np.inf

    def _wire(self, tail: Ints, head: Ints) -> None:
        arcs = tail.size
        tails, heads = np.concatenate([tail, head]), np.concatenate([head, tail])
        order = np.argsort(tails, kind="stable")
        self._place = np.empty(2 * arcs, np.int64)
        self._place[order] = np.arange(2 * arcs)
        nodes = self.sink + 1
        self.first = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=nodes))]).astype(np.int64)
        self.head = heads[order].astype(np.int32)
        self.mate = self._place[np.where(order < arcs, order + arcs, order - arcs)]
        self.room = np.zeros(2 * arcs)
        self._level, self._queue = np.zeros(nodes, np.int32), np.zeros(nodes + 1, np.int32)
        self._at, self._path = np.zeros(nodes, np.int64), np.zeros(nodes, np.int64)
        self._moved, self._touched, self._marked = np.zeros(2 * arcs), np.zeros(2 * arcs, np.int64), np.zeros(2 * arcs, np.uint8)
        self._note = np.zeros(3, np.int64)

    def _push(self, origin: int, target: int, limit: float, backward: bool, barred: int) -> float:
        return float(
            push(
                origin, target, limit, backward, barred, self.tiny, self.first, self.head, self.mate, self.room, self._level, self._queue,
                self._at, self._path, self._moved, self._touched, self._marked, self._note,
            )
        )  # fmt: skip

    @property
    def visited(self) -> int:
        """Arcs looked at so far: counted work."""
        return int(self._note[VISITED])

    def _entries(self, i: int) -> Ints:
        return np.asarray(self.entry_arc[self.matrix.indptr[i] : self.matrix.indptr[i + 1]])

    def open_sites(self, sites: Ints, capacity: Floats) -> None:
        """These sites may carry so much; nothing flows yet."""
        self.room[self.site_arc[sites]] = capacity
        self.room[self.entry_arc[places_of(self.matrix.indptr, sites)]] = np.inf

    def open_all_sites(self, capacity: Floats) -> None:
        """Open all sites."""
        self.room[self.site_arc], self.room[self.entry_arc] = capacity, np.inf

    def open_musts(self, must: Bools) -> None:
        """These rows end in the sink by themselves, all others in their zone."""
        self.room[self.must_arc] = np.where(must, self.weight, 0.0)
        self.room[self.row_arc] = np.where(must, 0.0, self.weight)

    def open_zones(self, need: Floats) -> None:
        """What each zone may take for its own need."""
        self.room[self.need_arc] = need - self.room[self.mate[self.need_arc]]

    def open_rest(self, need: float = np.inf) -> None:
        """What all rows together may take beyond the needs of zones and musts."""
        self.room[self.rest_arc] = need - self.room[self.mate[self.rest_arc]]

    def _finish_changes(self, *, undo: bool = False) -> None:
        finish_changes(undo, self.room, self.mate, self._moved, self._touched, self._marked, self._note)

    def grow(self) -> float:
        """Augment until nothing more can be carried; the value of the flow."""
        self.value += self._push(self.source, self.sink, np.inf, False, self.source)
        self._finish_changes()
        return self.value

    def add(self, i: int, capacity: float) -> float:
        """Build site i where the flow is maximal, and make it maximal again. What it grew by."""
        self.room[self.site_arc[i]] = capacity
        self.room[self._entries(i)] = np.inf
        grown = self._push(i, self.sink, capacity, False, self.source)
        self._finish_changes()
        arc = self.site_arc[i]
        self.room[arc] -= grown
        self.room[self.mate[arc]] += grown
        self.value += grown
        return grown

    def gain(self, i: int, capacity: float) -> float:
        """What `add` would grow the flow by; everything stays as it is."""
        entries = self._entries(i)
        self.room[entries] = np.inf
        grown = self._push(i, self.sink, capacity, False, self.source)
        self._finish_changes(undo=True)
        self.room[entries] = 0.0
        return grown

    def loss(self, i: int) -> float:
        """What the greatest flow is less without site i; everything stays as it is."""
        carried, arc = self.load(i), self.site_arc[i]
        room, self.room[arc] = self.room[arc], 0.0
        taken = self._push(i, self.source, carried, True, self.sink)
        self._finish_changes(undo=True)
        self.room[arc] = room
        return max(0.0, carried - taken)

    def drop_if_needless(self, i: int, movable: Floats) -> bool:
        """Take site i away if others can carry all it carries. `movable`: of each site what others can take from it at most.

        Where they cannot, the nodes that the last search reached are one side of a least cut: from no site among them can more be moved
        than from i, and what i itself has room for. `movable` notes it. Taking sites away never widens a cut, so this stays true, and
        most sites need no search: each would look at every arc of a province.
        """
        carried, arc, entries = self.load(i), self.site_arc[i], self._entries(i)
        if movable[i] < carried - self.tiny:
            return False
        room, self.room[arc] = self.room[arc], 0.0
        taken = self._push(i, self.source, carried, True, self.sink)
        needless = taken >= carried - self.tiny
        self._finish_changes(undo=not needless)
        if needless:
            self.room[self.mate[arc]] = self.room[entries] = self.room[self.mate[entries]] = 0.0
        else:
            self.room[arc] = room
            nodes = self._queue[: self._note[REACHED]]
            beside = nodes[nodes < self.sites]
            movable[beside] = np.minimum(movable[beside], taken + room)
        return needless

    def load(self, i: int) -> float:
        """Weight site i carries."""
        return float(self.room[self.mate[self.site_arc[i]]])

    @property
    def loads(self) -> Floats:
        """Weight every site carries."""
        return np.asarray(self.room[self.mate[self.site_arc]])

    @property
    def carried(self) -> Floats:
        """Weight of every row that is carried."""
        return np.asarray(self.room[self.mate[self.must_arc]] + self.room[self.mate[self.row_arc]])

    @property
    def entries(self) -> Floats:
        """Weight of each entry of the matrix: site i carries so much of row j."""
        return np.asarray(self.room[self.mate[self.entry_arc]])
