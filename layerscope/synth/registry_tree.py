"""Which layers of a synthetic registry lie on which: bases, what projects share, own layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.synth import registry_laws as laws

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

BASE_ZIPF = 1.1
OFFICIAL = 0.02
"""Of all images, so many are a base and nothing on it."""
IN_PAIRS, IN_PROJECTS = 0.19, 0.45
"""Of all images, those in a project of two, and those in a larger one."""
MORE_IMAGES = 5.5
"""A larger project has two images, and a geometric number of more with this mean."""
MOST_SHARED = 10
"""A project shares from one to so many layers of its own."""
LIKE_PROJECT = 0.95
"""How far the numbers of layers within a project go together (square of the correlation)."""


def official(images: int, bases: int) -> int:
    """How many of the first images are a base and nothing on it: the most popular bases."""
    return min(bases, int(images * OFFICIAL))


def projects(images: int, plain: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """For each image its project, and for each project its first image."""
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    others = images - plain
    large = int(others * IN_PROJECTS)
    sizes = 2 + random.geometric(1 / MORE_IMAGES, size=large)
    sizes = np.sort(sizes[: np.searchsorted(np.cumsum(sizes), large, side="right")])[::-1]
    pairs = int((others - sizes.sum()) * IN_PAIRS / (1 - IN_PROJECTS) / 2)
    alone = others - int(sizes.sum()) - 2 * pairs
    of_project = np.concatenate((np.ones(plain), sizes, np.full(pairs, 2), np.ones(alone))).astype(
        np.int64
    )
    first = np.cumsum(of_project) - of_project
    return np.repeat(np.arange(len(of_project)), of_project), first


@dataclass(frozen=True, slots=True)
class Tree:
    """Which layers lie on which: base layers first, then those of projects, then of images.

    Attributes:
        base: For each image its base.
        shared: For each project how many layers its images share beyond the base.
        own: For each image how many layers no other image has.
        parent: For each node the one below it, -1 for none.
        start: The nodes of image `i` are `nodes[start[i]:start[i + 1]]`, base first.
        nodes: See `start`.
    """

    base: Ints
    shared: Ints
    own: Ints
    parent: Ints
    start: Ints
    nodes: Ints

    @classmethod
    def grown(
        cls,
        depth: Ints,
        project: Ints,
        first: Ints,
        layers: int | None,
        random: np.random.Generator,
    ) -> Tree:
        """The tree of images whose bases have those depths and which are in those projects.

        Args:
            depth: Layers of each base, the most popular first.
            project: For each image its project.
            first: For each project its first image.
            layers: Of each image but plain bases; None draws that.
            random: What to draw with.
        """
        import numpy as np  # noqa: PLC0415 - see `projects`

        count, bases = len(project), len(depth)
        plain = official(count, bases)
        base = laws.zipf(len(first), bases, BASE_ZIPF, random)
        base[:plain] = np.arange(plain)
        base = base[project]
        alike = laws.scores(len(first), random)[project]
        drawn = laws.mixed(alike, laws.scores(count, random), LIKE_PROJECT)
        median, spread = laws.LAYERS_OF_IMAGE
        wanted = np.round(median * np.exp(spread * laws.deviates(laws.ranks(drawn))))
        if layers is not None:
            wanted = np.full(count, layers)
        wanted = np.clip(wanted, 1, laws.MOST_LAYERS).astype(np.int64)
        # All images of a project take as much of the base as the shortest of them can.
        taken = np.minimum.reduceat(np.minimum(depth[base], wanted - 1), first)[project]
        taken[:plain] = depth[:plain]
        wanted[:plain] = depth[:plain]
        left = wanted - taken
        most = random.integers(1, MOST_SHARED + 1, len(first))
        shared = np.minimum(most, np.minimum.reduceat(left, first) - 1)
        shared[np.bincount(project) < 2] = 0
        shared = np.maximum(shared, 0)
        own = left - shared[project]
        counts = (taken, shared[project], own)
        ends = [np.cumsum(depth), depth.sum() + np.cumsum(shared)]
        ends.append(depth.sum() + shared.sum() + np.cumsum(own))
        firsts = (
            (ends[0] - depth)[base],
            (ends[1] - shared)[project],
            ends[2] - own,
        )
        start = np.concatenate(([0], np.cumsum(wanted)))
        nodes = np.empty(start[-1], dtype=np.int64)
        at = start[:-1]
        for begin, length in zip(firsts, counts, strict=True):
            step = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
            nodes[np.repeat(at, length) + step] = np.repeat(begin, length) + step
            at = at + length
        parent = np.arange(-1, ends[2][-1] - 1)
        parent[np.cumsum(depth) - depth] = -1
        below = np.concatenate(([-1], nodes[:-1]))
        below[start[:-1]] = -1
        parent[nodes] = below
        return cls(base, shared, own, parent, start, nodes)
