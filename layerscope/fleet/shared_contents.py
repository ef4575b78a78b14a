"""What pairs of images have in common, by the sketches of their layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.catalog.sketch import merged
from layerscope.fleet.estimates import shared_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.catalog.sketch import Sketch
    from layerscope.fleet.estimates import Estimate
    from layerscope.fleet.holdings import Holdings
    from layerscope.fleet.sketches import Recall


def shared_between(
    held: Holdings, diff_ids: Sequence[str], recall: Recall, pairs: Iterable[tuple[int, int]]
) -> list[Estimate | None]:
    """For pairs of images the bytes of the contents that both hold; None where that is unknown."""
    unions: dict[int, Sketch | None] = {}

    def union(image: int) -> Sketch | None:
        unit = int(held.units[image])
        if unit not in unions:
            found = recall([diff_ids[thing] for thing in held.of(unit)])
            known = [each for each in found if each is not None]
            unknown = len(known) < len(found) or not held.whole[unit]
            unions[unit] = None if unknown else merged(known)
        return unions[unit]

    result = []
    for one, other in pairs:
        left, right = union(one), union(other)
        result.append(None if left is None or right is None else shared_bytes(left, right))
    return result
