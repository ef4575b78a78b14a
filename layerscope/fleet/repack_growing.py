"""Sets of images that are worth a layer, grown image by image out of two that share much.

No list of candidates is needed, so that sets are found which are nobody's signature. Each step
looks at all signatures that are left, which is dear: it is for fleets of moderate size. Sums of
bytes are whole numbers below 2**53, so floats add them up exactly, in whatever order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.fleet.repack_candidates import shared_bytes, spread

if TYPE_CHECKING:
    from collections.abc import Sequence


def grown(
    sets: Sequence[int], weights: Sequence[int], slots: Sequence[int], *, by_image: bool
) -> list[int]:
    """Sets of two classes and more that fit into the places there are, in the order of choosing.

    Args:
        sets: The signatures, bit `c` for class `c`.
        weights: Bytes of the entries of each.
        slots: For each class how many shared layers it may have.
        by_image: Whether bytes saved for each image of a set are compared, and not bytes saved.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    classes = len(slots)
    pairs = [(one, weight) for one, weight in zip(sets, weights, strict=True) if one & (one - 1)]
    held = spread([one for one, _ in pairs], classes)
    worth = np.array([weight for _, weight in pairs], dtype=np.float64)
    shared = shared_bytes(pairs, classes)
    free = np.array(slots, dtype=np.int64)
    chosen: list[int] = []
    while True:
        open_to = free > 0
        near = np.where(open_to[:, None] & open_to[None, :], shared, 0.0)
        np.fill_diagonal(near, 0.0)
        one, other = divmod(int(near.argmax()), classes) if classes else (0, 0)
        if not classes or near[one, other] < 1:
            return chosen
        inside = [one, other]
        rows = np.flatnonzero((held[:, one] > 0) & (held[:, other] > 0))
        best, size, best_rows = near[one, other] / (2 if by_image else 1), 2, rows
        while len(rows):
            sums = np.where(open_to, worth[rows] @ held[rows], 0.0)
            sums[inside] = 0.0
            following = int(sums.argmax())
            if sums[following] < 1:
                break
            inside.append(following)
            rows = rows[held[rows, following] > 0]
            gain = sums[following] * (len(inside) - 1) / (len(inside) if by_image else 1)
            if gain > best:
                best, size, best_rows = gain, len(inside), rows
        inside = inside[:size]
        chosen.append(sum(1 << number for number in inside))
        old = held[best_rows]
        shared -= (old * worth[best_rows, None]).T @ old
        held[best_rows[:, None], inside] = 0.0
        new = held[best_rows]
        shared += (new * worth[best_rows, None]).T @ new
        free[inside] -= 1
