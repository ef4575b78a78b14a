"""What layers of images cost a registry, a node and an update: the same sums for any layers.

Layers are told apart by any key (a DiffID, a position in a plan). A registry stores each once. On
a node a layer is one snapshot for each stack of layers that it lies on, as ChainIDs have it. An
update pulls the layers of the new version that the old one does not have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Key = TypeVar("Key")
"""What tells layers apart; it is hashable."""


@dataclass(frozen=True, slots=True)
class LayerSizes:
    """Bytes of layers: of the regular files in them, and of the uncompressed tars."""

    content_bytes: int = 0
    tar_bytes: int = 0

    def __add__(self, other: LayerSizes) -> LayerSizes:
        """The bytes of both."""
        return LayerSizes(
            self.content_bytes + other.content_bytes, self.tar_bytes + other.tar_bytes
        )


@dataclass(frozen=True, slots=True)
class StackTotals:
    """What the layers of all images cost.

    Attributes:
        layers: How many different layers there are.
        registry: Each of them once.
        snapshots: How many different stacks of layers there are: ChainIDs.
        node: The top layer of each of these once.
        updates: What each update pulls, in the order in which they were given.
    """

    layers: int
    registry: LayerSizes
    snapshots: int
    node: LayerSizes
    updates: list[LayerSizes]

    @property
    def update(self) -> LayerSizes:
        """What all updates pull together."""
        return sum(self.updates, LayerSizes())


def stack_totals(
    stacks: Sequence[Sequence[Key]],
    sizes: Mapping[Key, LayerSizes],
    updates: Iterable[tuple[int, int]] = (),
) -> StackTotals:
    """The sums over images.

    Args:
        stacks: For each image its layers from the base up.
        sizes: The size of each layer.
        updates: Pairs of images: the old version, the new one.
    """
    different = {one for stack in stacks for one in stack}
    chains: dict[tuple[int, Key], int] = {}
    for stack in stacks:
        chain = -1
        for one in stack:
            chain = chains.setdefault((chain, one), len(chains))
    pulled = [
        sum((sizes[one] for one in set(stacks[new]) - set(stacks[old])), LayerSizes())
        for old, new in updates
    ]
    return StackTotals(
        layers=len(different),
        registry=sum((sizes[one] for one in different), LayerSizes()),
        snapshots=len(chains),
        node=sum((sizes[one] for _, one in chains), LayerSizes()),
        updates=pulled,
    )


def successions(names: Sequence[Sequence[str]], platforms: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of images of which the second is the next version of the first.

    Images of one repository and one platform are its versions in the order given; names without a
    repository (a bare tag) tell of none. Each pair once, by the new version, then the old one.

    >>> successions([["app:1"], ["db:9"], ["app:2", "app:latest"]], ["linux/amd64"] * 3)
    [(0, 2)]
    """
    last: dict[tuple[str, str], int] = {}
    found: dict[tuple[int, int], None] = {}
    for image, (own, platform) in enumerate(zip(names, platforms, strict=True)):
        for name in own:
            repository = repository_of(name)
            if repository is None:
                continue
            old = last.get((repository, platform))
            if old is not None and old != image:
                found[old, image] = None
        for name in own:
            repository = repository_of(name)
            if repository is not None:
                last[repository, platform] = image
    return sorted(found, key=lambda pair: (pair[1], pair[0]))


def repository_of(name: str) -> str | None:
    """The repository of `repository:tag` or `repository@digest`; None of what has neither.

    >>> [repository_of(name) for name in ("host:5000/app:1", "host:5000/app", "app@sha256:ab", "1")]
    ['host:5000/app', None, 'app', None]
    """
    before, at, _ = name.partition("@")
    repository, colon, tag = before.rpartition(":")
    if colon and repository and "/" not in tag:
        return repository
    return before if at and before else None
