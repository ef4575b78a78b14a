"""A whole fleet by the sketches of its layers: what images hold, and what only they hold.

Images are taken in blocks. A block needs the sketches of its own layers; what it knows of contents
(how many of its images hold each) is cut into parts by hash, so that those of all blocks are joined
part by part. No step grows with the square of anything, and none needs all sketches at once.
`fleet.cluster` gives the same steps to other processes, with the same results to the last bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.catalog.sketch import RATE_BYTES, merged
from layerscope.errors import UsageError
from layerscope.fleet.estimates import (
    Estimate,
    Estimates,
    Sums,
    estimates,
    no_sums,
    sums,
)
from layerscope.fleet.sampled_contents import PARTS, Contents, Evidence, grouped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.sketch import Sketch
    from layerscope.fleet.frames import Frames
    from layerscope.fleet.holdings import Holdings

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]
    Recall = Callable[[Sequence[str]], Sequence[Sketch | None]]

BLOCK_LAYERS = 16_384
"""Layers of the images of one block, repeats included: with full sketches 270 MB."""

STEP_PAIRS = 2_000_000
"""Pairs of image and content that are looked at in one step: some 100 MB."""


@dataclass(frozen=True, slots=True, repr=False)
class Block:
    """Some images that follow each other, and the layers that they hold.

    Attributes:
        first: Number of the first image.
        start: The layers of its image `i` are `layers[start[i]:start[i + 1]]`.
        layers: See `start`; positions in `diff_ids`.
        diff_ids: Each layer of the block, once.
        alone: For each layer whether only one image of the fleet holds it.
    """

    first: int
    start: Longs
    layers: Ints
    diff_ids: list[str]
    alone: Flags


@dataclass(frozen=True, slots=True, repr=False)
class Folded:
    """What a block says of its images and of contents.

    Attributes:
        union: For each image sums over the sampled contents of its layers, each once.
        thresholds: Of the sample of each image.
        least, most: What each is known to hold at the least and at the most, in bytes.
        alone: What the layers hold together that only it has: the most that is unique to it.
        whole: Whether the sketches of all of its layers are there.
        hashed: Whether these saw all files.
        missing: How many layers have no sketch.
        evidence: What is known of contents, by part.
    """

    union: Sums
    thresholds: Floats
    least: Longs
    most: Longs
    alone: Longs
    whole: Flags
    hashed: Flags
    missing: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Joined:
    """Sums over one part of the contents of a fleet: by the image that alone has them, and all."""

    unique: Sums
    total: Sums


@dataclass(frozen=True, slots=True, repr=False)
class FleetEstimates:
    """Bytes of distinct non-empty file contents that are stored in the layers of a fleet.

    Attributes:
        images: For each image those in its layers.
        unique: For each image those that no other image has in its layers. An image that is
            the same as another one has the figures of that.
        total: Those of all images.
        missing_layers: How many layers nothing is known of; their images have no figures, and of
            what others hold nothing is known to be unique then.
        threshold: Of the sample in which contents of all images were compared.
    """

    images: Estimates
    unique: Estimates
    total: Estimate
    missing_layers: int
    threshold: float


def blocks(
    held: Holdings, diff_ids: Sequence[str], block_layers: int = BLOCK_LAYERS
) -> Iterator[Block]:
    """The images of a fleet in blocks, in order.

    Args:
        held: Which image holds which layers, by DiffID.
        diff_ids: The DiffID of each of its things (`diff_ids_of`).
        block_layers: About how many layers the images of a block have.
    """
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    count = len(held.start) - 1
    first = 0
    while first < count:
        full = int(np.searchsorted(held.start, int(held.start[first]) + block_layers, "right")) - 1
        end = min(max(full, first + 1), count)
        things = held.things[held.start[first] : held.start[end]]
        own, layers = np.unique(things, return_inverse=True)
        yield Block(
            first,
            (held.start[first : end + 1] - held.start[first]).astype(np.int64),
            layers.astype(np.int32),
            [diff_ids[thing] for thing in own],
            held.holders[own] == 1,
        )
        first = end


def diff_ids_of(held: Holdings, frames: Frames) -> list[str]:
    """The DiffID of each thing of holdings by DiffID."""
    names = frames.image_layers["diff_id"].cat.categories
    return [str(names[code]) for code in held.names]


def lowest_threshold(sketches: Iterable[Sketch | None]) -> float:
    """The threshold below which all of them have every content."""
    return min((each.threshold for each in sketches if each is not None), default=math.inf)


def fold(block: Block, sketches: Sequence[Sketch | None], threshold: float) -> Folded:
    """What a block says of its images and of contents.

    Args:
        block: The images.
        sketches: Of each of its layers; None where there is none.
        threshold: Contents of a smaller rank are compared with those of other images; no more than
            that of any sketch of the fleet.
    """
    import numpy as np  # noqa: PLC0415 - see `blocks`

    count = len(block.start) - 1
    known = [merged([]) if each is None else each for each in sketches]
    lengths = np.array([len(each.hashes) for each in known], np.int64)
    offsets = np.cumsum(lengths) - lengths
    contents = Contents.of(known)
    image = np.repeat(np.arange(count), np.diff(block.start))
    thresholds = np.full(count, math.inf)
    np.minimum.at(thresholds, image, np.array([each.threshold for each in known])[block.layers])
    pairs = np.concatenate([[0], np.cumsum(lengths[block.layers])])[block.start]
    holders = np.zeros(len(contents.hashes), np.int64)
    holder = np.zeros(len(contents.hashes), np.int64)
    found = []
    begin = 0
    while begin < count:
        fits = int(np.searchsorted(pairs, pairs[begin] + STEP_PAIRS, "right")) - 1
        end = min(max(fits, begin + 1), count)
        span = slice(block.start[begin], block.start[end])
        layers, size = block.layers[span], lengths[block.layers[span]]
        entry = np.repeat(offsets[layers] - (np.cumsum(size) - size), size)
        entry += np.arange(len(entry))
        which = contents.of_entry[entry]
        whose = np.repeat(image[span], size)
        sampled = contents.ranks[which] < thresholds[whose]
        # One number for each pair: a content that several layers of an image hold is there once.
        held = np.unique((whose * len(contents.hashes) + which)[sampled])
        whose, which = np.divmod(held, max(len(contents.hashes), 1))
        found.append(sums(contents.sizes[which], thresholds[whose], whose - begin, end - begin))
        compared = contents.ranks[which] < threshold
        holders += np.bincount(which[compared], minlength=len(holders))
        holder[which[compared]] = whose[compared] + block.first
        begin = end
    least, most, alone = _bounds(block, known, image)
    absent = np.array([each is None for each in sketches], bool)
    return Folded(
        union=_stacked(found),
        thresholds=thresholds,
        least=least,
        most=most,
        alone=alone,
        whole=np.bincount(image, absent[block.layers], count) == 0,
        hashed=np.bincount(image, _unhashed(known)[block.layers], count) == 0,
        missing=int(absent.sum()),
        evidence=contents.evidence(holders, holder),
    )


def join(evidence: Sequence[Evidence], images: int, threshold: float) -> Joined:
    """What all blocks say of one part of the contents: of the images, and in all."""
    import numpy as np  # noqa: PLC0415 - see `blocks`

    hashes = np.concatenate([np.empty(0, np.uint64), *(each.hashes for each in evidence)])
    sizes = np.concatenate([np.empty(0, np.int64), *(each.sizes for each in evidence)])
    holders = np.concatenate([np.empty(0, np.int64), *(each.holders for each in evidence)])
    image = np.concatenate([np.empty(0, np.int64), *(each.image for each in evidence)])
    order, new = grouped(hashes, sizes)
    firsts = np.flatnonzero(new)
    together = np.add.reduceat(holders[order], firsts) if len(firsts) else holders
    sizes, image = sizes[order][firsts], image[order][firsts]
    nowhere = np.zeros(len(sizes), np.int64)
    alone = np.flatnonzero(together == 1)
    alone = alone[np.argsort(image[alone], kind="stable")]
    return Joined(
        sums(sizes[alone], threshold, image[alone], images), sums(sizes, threshold, nowhere, 1)
    )


def fleet_estimates(
    held: Holdings, folded: Sequence[Folded], parts: Sequence[Joined], threshold: float
) -> FleetEstimates:
    """The figures of a fleet, from all of its blocks and all parts of its contents, in order.

    Args:
        held: Which image holds which layers, by DiffID.
        folded: What the blocks say; their evidence is not looked at.
        parts: What the parts say.
        threshold: That of `fold` and `join`.
    """
    import numpy as np  # noqa: PLC0415 - see `blocks`

    count = len(held.start) - 1
    missing = sum(each.missing for each in folded)
    unique, total = no_sums(count), no_sums(1)
    for part in parts:
        unique, total = unique + part.unique, total + part.total
    union = _stacked([each.union for each in folded])
    thresholds = np.concatenate([np.empty(0), *(each.thresholds for each in folded)])
    least, most, alone = (
        np.concatenate([np.empty(0, np.int64), *(getattr(each, name) for each in folded)])
        for name in ("least", "most", "alone")
    )
    whole, hashed = (
        np.concatenate([np.empty(0, bool), *(getattr(each, name) for each in folded)])
        for name in ("whole", "hashed")
    )
    whole = whole & held.whole
    images = estimates(union, thresholds, least, most)
    own = estimates(unique, threshold, 0, np.minimum(alone, images.high))
    all_known = missing == 0 and bool(held.whole.all())
    if not all_known:
        own = replace(own, low=np.zeros_like(own.low), exact=own.high == 0)
    floor = int(least.max(initial=0))
    of_all = estimates(
        total, threshold, floor, max(floor, int(min(most.sum(dtype=float), 2.0**62)))
    )[0]
    if of_all is None:
        of_all = Estimate(0, 0, 0, exact=True)
    exact = of_all.exact and all_known and bool(hashed.all())
    return FleetEstimates(
        images=_of_units(images, held.units, whole, hashed),
        unique=_of_units(own, held.units, whole, hashed | (own.high == 0)),
        total=replace(of_all, exact=exact),
        missing_layers=missing,
        threshold=threshold,
    )


def common_threshold(rate_bytes: int | None, lowest: Callable[[], float]) -> float:
    """The threshold in which contents of all images are compared.

    Args:
        rate_bytes: One content is compared for about so many bytes of weight, which bounds memory;
            None takes all that the sketches allow.
        lowest: Finds the lowest threshold of all sketches.

    Raises: `UsageError` for less than `RATE_BYTES`: that stored sketches do not hold.
    """
    if rate_bytes is None:
        return lowest()
    if rate_bytes < RATE_BYTES:
        raise UsageError(f"expected a rate of {RATE_BYTES} bytes or more, found {rate_bytes}")
    return 1.0 / rate_bytes


def estimate_fleet(
    held: Holdings, diff_ids: Sequence[str], recall: Recall, rate_bytes: int | None = None
) -> FleetEstimates:
    """The figures of a fleet, in this process.

    Args:
        held: Which image holds which layers, by DiffID.
        diff_ids: The DiffID of each of its things (`diff_ids_of`).
        recall: Gives the sketches of DiffIDs, None for those that there are not.
        rate_bytes: As for `common_threshold`.

    Raises: as `common_threshold`.
    """
    threshold = common_threshold(
        rate_bytes,
        lambda: min(
            (lowest_threshold(recall(block.diff_ids)) for block in blocks(held, diff_ids)),
            default=math.inf,
        ),
    )
    folded = [fold(block, recall(block.diff_ids), threshold) for block in blocks(held, diff_ids)]
    count = len(held.start) - 1
    parts = [
        join([each.evidence[part] for each in folded], count, threshold) for part in range(PARTS)
    ]
    return fleet_estimates(held, folded, parts, threshold)


def _bounds(block: Block, sketches: Sequence[Sketch], image: Longs) -> tuple[Longs, Longs, Longs]:
    """For each image what it holds at the least, at the most, and in layers of its own."""
    import numpy as np  # noqa: PLC0415 - see `blocks`

    count = len(block.start) - 1
    low = np.array([each.size_bytes[0] for each in sketches], np.int64)
    high = np.array([each.size_bytes[1] for each in sketches], np.int64)
    least, most, alone = (np.zeros(count, np.int64) for _ in range(3))
    np.maximum.at(least, image, low[block.layers])
    np.add.at(most, image, high[block.layers])
    np.add.at(alone, image, np.where(block.alone, high, 0)[block.layers])
    return least, most, alone


def _unhashed(sketches: Sequence[Sketch]) -> Flags:
    import numpy as np  # noqa: PLC0415 - see `blocks`

    return np.array([each.unhashed > 0 for each in sketches], bool)


def _stacked(of_each: Sequence[Sums]) -> Sums:
    import numpy as np  # noqa: PLC0415 - see `blocks`

    each = [no_sums(0), *of_each]
    return Sums(
        np.concatenate([one.certain for one in each]),
        np.concatenate([one.seen for one in each]),
        np.concatenate([one.expected for one in each]),
        np.concatenate([one.variance for one in each]),
    )


def _of_units(found: Estimates, units: Ints, whole: Flags, hashed: Flags) -> Estimates:
    """The figures of the first image that is the same one; none where layers are unknown."""
    import numpy as np  # noqa: PLC0415 - see `blocks`

    known = whole[units]
    return Estimates(
        np.where(known, found.value[units], -1),
        np.where(known, found.low[units], -1),
        np.where(known, found.high[units], -1),
        known & (found.exact & hashed)[units],
    )
