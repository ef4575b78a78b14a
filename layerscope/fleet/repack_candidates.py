"""Sets of images that may be worth a layer: the signatures that weigh most, and what lies between.

A fleet's images have families that no single file shows: every file is in a few other images too.
So beside signatures, and what two of them have in common, images are joined step by step with those
that they share most bytes with; each of these clusters is a candidate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.fleet.repack_signatures import WORD_BITS, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

CANDIDATES = 1024
"""How many signatures are thought of, those first that would save the most on their own."""
CROSSED = 48
"""Of how many signatures each two are crossed: what both share may be worth a layer."""
ALL_SUBSETS_UP_TO = 6
"""With that few classes every set is thought of."""
ROWS_AT_ONCE = 4096
"""How many signatures are spread into single bits at once."""


def candidates(sets: Sequence[int], weights: Sequence[int], classes: int) -> list[int]:
    """Sets of two classes and more, each once.

    Args:
        sets: The signatures, bit `c` for class `c`.
        weights: Bytes of the entries of each.
        classes: How many classes there are.
    """
    if classes <= ALL_SUBSETS_UP_TO:
        return [one for one in range(1 << classes) if one & (one - 1)]
    pairs = zip(sets, weights, strict=True)
    shared = [(one, weight) for one, weight in pairs if one & (one - 1)]
    shared.sort(key=lambda pair: (-pair[1] * (pair[0].bit_count() - 1), pair[0]))
    found = dict.fromkeys(one for one, _ in shared[:CANDIDATES])
    top = [one for one, _ in shared[:CROSSED]]
    for at, one in enumerate(top):
        for other in top[:at]:
            for crossed in (one & other, one & ~other, other & ~one):
                if crossed & (crossed - 1):
                    found.setdefault(crossed)
    for cluster in clusters(shared_bytes(shared, classes)):
        found.setdefault(cluster)
    return list(found)


def shared_bytes(shared: Sequence[tuple[int, int]], classes: int) -> Floats:
    """For each two classes the bytes that both hold; on the diagonal what a class holds."""
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    found = np.zeros((classes, classes))
    for start in range(0, len(shared), ROWS_AT_ONCE):
        chunk = shared[start : start + ROWS_AT_ONCE]
        held = spread([one for one, _ in chunk], classes)
        weights = np.array([weight for _, weight in chunk], dtype=np.float64)
        found += (held * weights[:, None]).T @ held
    return found


def spread(sets: Sequence[int], classes: int) -> Floats:
    """Sets as rows of 0 and 1, one column for each class."""
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    words = max(1, -(-classes // WORD_BITS))
    rows = np.zeros((len(sets), words), dtype="<u8")
    for at, one in enumerate(sets):
        rows[at] = words_of(one, words)
    single = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")[:, :classes]
    return single.astype(np.float64)


def clusters(shared: Floats) -> list[int]:
    """Sets of classes that share much, joined pair by pair; the larger ones hold the smaller.

    Two clusters are as near as the shared bytes of their classes are on average, as a part of what
    the smaller of the two classes holds. Of equally near ones the first are joined.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    classes = len(shared)
    own = np.maximum(shared.diagonal(), 1.0)
    near = shared / np.minimum(own[:, None], own[None, :])
    np.fill_diagonal(near, -1.0)
    sizes = np.ones(classes)
    members = [1 << number for number in range(classes)]
    found = []
    for _ in range(classes - 1):
        one, other = divmod(int(near.argmax()), classes)
        joined = (near[one] * sizes[one] + near[other] * sizes[other]) / (sizes[one] + sizes[other])
        near[one], near[:, one] = joined, joined
        near[other], near[:, other] = -1.0, -1.0
        near[one, one] = -1.0
        sizes[one] += sizes[other]
        members[one] |= members[other]
        found.append(members[one])
    return found
