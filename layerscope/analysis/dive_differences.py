"""Why dive's numbers differ from the honest ones, in bytes that add up.

Each stored copy of a file is either counted by dive as wasted or not, and either hidden or still
seen. The differences are the copies on which the two disagree, and the directories whose size dive
adds to a whiteout: their bytes sum to dive's wasted bytes less the honest ones, to the byte.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.dive_tree import NO_ROW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.analysis.dive import DiveNumbers, InefficientFile, Use
    from layerscope.files.squash import Squashed

Measure = Literal["wasted_bytes", "efficiency", "user_wasted_ratio"]

SENTENCES = {
    "live-copy": "dive counts every copy of a path that was stored more than once, also the one "
    "that a container still sees.",
    "metadata-change": "dive counts the file and its equal copy where only mode, owner or time "
    "changed: a chmod wastes one copy, not two.",
    "linked-copy": "dive counts copies that are still seen under another name, a hard link.",
    "directory-counted-again": "dive adds the size of a deleted directory to its path where it "
    "meets that path again, whatever it counted inside.",
    "directory-deleted": "dive does not see that a later layer deleted the directory around these "
    "files.",
    "opaque": "dive drops opaque markers, so what they hide below is not seen to be hidden.",
    "same-layer": "dive keeps the last of several copies that one layer stores at one path.",
    "type-changed": "dive does not see files that something of another kind has replaced at "
    "their path or above it.",
    "layer-ended-early": "dive stopped reading a layer at a whiteout of a path that it does not "
    "know, and so missed what comes after it.",
    "marker-content": "whiteout markers are stored with content, which dive never counts.",
    "other-path": "dive compares names as stored, and these files were hidden under another one.",
    "smallest-version": "dive judges a path by its smallest version: a file that grew, or was "
    "gone for a while, counts as if the rest were wasted.",
    "base-in-ratio": "dive divides by the bytes above layer 0, but its wasted bytes include some "
    "of layer 0, so the ratio can exceed 1.",
    "no-ratio": "dive divides zero by zero where no layer above layer 0 has bytes; its gate lets "
    "that pass.",
    "infinite-ratio": "dive divides by zero, since no layer above layer 0 has bytes.",
}
"""What each code of a difference means, in one sentence."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why dive says something else.

    Attributes:
        code: A key of `SENTENCES`.
        measure: Which of dive's numbers it explains.
        bytes: dive's number less the honest one; of `efficiency` what dive thinks is needed less
            what is seen; of `user_wasted_ratio` the bytes in question.
        count: Of how many stored copies; of `layer-ended-early` if nothing was missed 0.
    """

    code: str
    measure: Measure
    bytes: int
    count: int

    @property
    def text(self) -> str:
        """One plain sentence."""
        return SENTENCES[self.code]


def explain(numbers: DiveNumbers, squashed: Squashed) -> list[Difference]:
    """Why dive's numbers differ from the honest ones of the same layers, the most bytes first.

    The bytes of those that explain `wasted_bytes` sum to dive's wasted bytes less the honest ones
    (content bytes less visible bytes). Content that was not hashed makes a `metadata-change` a
    `live-copy`. Memory and time are linear in the rows.
    """
    sums: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    seen = {squashed.inode(row) for row in squashed.rows.values() if row >= 0}
    counted: set[int] = set()
    for file in numbers.inefficient:
        for code, use in _counted_by_dive(file, squashed, seen, counted):
            sums[code] += use[2]
            counts[code] += 1
    for row, size in _hidden(squashed, seen, counted):
        code = _missed(row, numbers, squashed)
        sums[code] -= size
        counts[code] += 1
    if numbers.ended:
        # Said even if nothing was missed: the numbers are those of a part of the image.
        sums["layer-ended-early"] += 0
    found = [Difference(code, "wasted_bytes", sums[code], counts[code]) for code in sums]
    found += _of_efficiency(numbers, squashed, seen)
    found += _of_ratio(numbers)
    order = ("wasted_bytes", "efficiency", "user_wasted_ratio")
    return sorted(found, key=lambda it: (order.index(it.measure), -abs(it.bytes), it.code))


def _counted_by_dive(
    file: InefficientFile, squashed: Squashed, seen: set[int], counted: set[int]
) -> Iterator[tuple[str, Use]]:
    """What dive counts and is not hidden; what it counts and is hidden goes into `counted`."""
    for use in file.uses:
        layer, row, size = use
        if not size or row == NO_ROW:
            continue
        member = squashed.starts[layer] + row
        if squashed.kind(member) != "file":
            yield "directory-counted-again", use
        elif member not in seen:
            counted.add(member)
        elif squashed.rows.get(squashed.path_of(member)) != member:
            yield "linked-copy", use
        elif _has_equal_copy(file, use, squashed):
            yield "metadata-change", use
        else:
            yield "live-copy", use


def _has_equal_copy(file: InefficientFile, live: Use, squashed: Squashed) -> bool:
    content = squashed.content(squashed.starts[live[0]] + live[1])
    return content is not None and any(
        use is not live
        and use[1] != NO_ROW
        and squashed.content(squashed.starts[use[0]] + use[1]) == content
        for use in file.uses
    )


def _hidden(squashed: Squashed, seen: set[int], counted: set[int]) -> Iterator[tuple[int, int]]:
    """Hidden members with bytes that dive does not count: global row and size."""
    member = 0
    for columns in squashed.layers:
        for size in columns.size_bytes:
            if size and member not in seen and member not in counted:
                yield member, size
            member += 1


def _missed(member: int, numbers: DiveNumbers, squashed: Squashed) -> str:
    """Why dive does not count a hidden member."""
    if squashed.kind(member) != "file":
        return "marker-content"
    taker = squashed.hidden.get(member)
    if taker is None:
        return "other-path"
    layer, taking = squashed.place(member)[0], squashed.place(taker)[0]
    kind = squashed.kind(taker)
    path, taken = squashed.path_of(member), squashed.path_of(taker)
    reasons = (
        ("opaque", kind == "opaque"),
        ("same-layer", layer == taking),
        ("directory-deleted", kind == "whiteout" and path != taken),
        ("type-changed", kind != "whiteout" and (path != taken or kind == "dir")),
        ("layer-ended-early", layer in numbers.ended or taking in numbers.ended),
    )
    return next((code for code, holds in reasons if holds), "other-path")


def _of_efficiency(
    numbers: DiveNumbers, squashed: Squashed, seen: set[int]
) -> Iterator[Difference]:
    """Copies that are seen and larger than the smallest that dive met at their path."""
    missing = count = 0
    for file in numbers.inefficient:
        smallest = min(size for _, _, size in file.uses)
        for layer, row, size in file.uses:
            member = squashed.starts[layer] + row
            if size > smallest and squashed.kind(member) == "file" and member in seen:
                missing += size - smallest
                count += 1
    if count:
        yield Difference("smallest-version", "efficiency", -missing, count)


def _of_ratio(numbers: DiveNumbers) -> Iterator[Difference]:
    ratio = numbers.user_wasted_ratio
    in_base = [size for file in numbers.inefficient for layer, _, size in file.uses if layer == 0]
    if ratio is None:
        yield Difference("no-ratio", "user_wasted_ratio", 0, 0)
    elif math.isinf(ratio):
        yield Difference("infinite-ratio", "user_wasted_ratio", sum(in_base), len(in_base))
    elif any(in_base):
        count = sum(size > 0 for size in in_base)
        yield Difference("base-in-ratio", "user_wasted_ratio", sum(in_base), count)
