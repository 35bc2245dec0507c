"""A binary heap of (key, candidate) inside the kernels: the least key first. numba knows lists of tuples, not `heapq.heapreplace`."""

from __future__ import annotations

from infraplan.arrays import kernel


@kernel
def second_key(heap: list[tuple[float, int]]) -> float:
    """Key of the second best: the better child of the root. The heap has two entries or more."""
    key = heap[1][0]
    if len(heap) > 2 and heap[2][0] < key:
        key = heap[2][0]
    return key


@kernel
def replace_top(heap: list[tuple[float, int]], key: float, i: int) -> None:
    """Give the root another entry, and restore the order."""
    at, item, size = 0, (key, i), len(heap)
    while 2 * at + 1 < size:
        child = 2 * at + 1
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if not heap[child] < item:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = item


@kernel
def drop_top(heap: list[tuple[float, int]]) -> None:
    """Take the root away."""
    key, i = heap.pop()
    if len(heap):
        replace_top(heap, key, i)
