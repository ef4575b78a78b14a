"""Layers planned for images: which entries each holds, and in which order each image has them.

Directories follow two rules, so that every engine ends with the tree that there was:

- A layer holds every directory on the way to its entries. Engines unpack each layer by itself;
  what it does not describe they would make up, and an overlay would show that in place of the
  real one.
- Where the images of a layer differ in a directory, it gets that of the first of them. An image
  that so ends with another directory than its own has the right one in its own layer, its topmost.

So files are in exactly one layer of each image, directories in one or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.fleet.repack_entries import NO_FOLDER
from layerscope.fleet.repack_merge import partition, problem_of
from layerscope.fleet.repack_signatures import bits, number_of
from layerscope.fleet.tar_size import parts_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.repack_entries import Entries
    from layerscope.fleet.repack_signatures import Signatures

    Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False)
class PlannedLayer:
    """One layer of the plan.

    Attributes:
        images: Positions of the images that have it, ascending.
        entries: What it holds: files and all else but directories, ascending.
        directories: The directories it holds, ascending.
        files: How many of `entries` are regular files.
        content_bytes: Sum of their sizes.
        tar_bytes: Bytes of the uncompressed tar in the form of `fleet.tar_form`.
        signatures: How many signatures `entries` come from.
    """

    images: tuple[int, ...]
    entries: tuple[int, ...]
    directories: tuple[int, ...]
    files: int
    content_bytes: int
    tar_bytes: int
    signatures: int

    def __repr__(self) -> str:
        """How much there is."""
        return f"<PlannedLayer of {len(self.entries)} entries for {len(self.images)} images>"


@dataclass(frozen=True, slots=True)
class Layout:
    """A plan.

    Attributes:
        limits: For each image how many layers it might have had.
        layers: Those held by most images first, then the largest.
        stacks: For each image its layers from the base up: positions in `layers`.
    """

    limits: list[int]
    layers: list[PlannedLayer]
    stacks: list[list[int]]


class Planner:
    """Makes layouts of the same images for different limits.

    Args:
        entries: What the images consist of.
        found: The signatures of these entries.
        updates: Pairs of images, the second the next version of the first.
    """

    def __init__(
        self, entries: Entries, found: Signatures, updates: Sequence[tuple[int, int]] = ()
    ) -> None:
        import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

        self._entries = entries
        self._found = found
        classes = found.class_of
        self._updates = [(classes[old], classes[new]) for old, new in updates]
        tars = entries.tar_bytes()
        self._weights = np.array(
            [int(tars[members].sum()) for members in found.members], dtype=np.int64
        )
        self._signature_of = {
            entry: at for at, members in enumerate(found.members) for entry in members.tolist()
        }
        self._above = [self._ways(members.tolist()) for members in found.members]
        self._folder_of = [
            dict(zip(*(column.tolist() for column in entries.folders[image]), strict=True))
            for image in found.first
        ]
        self._folder_sets: dict[int, int] = {}
        self._own = self._in_need_of_own()

    def layout(self, limits: Sequence[int]) -> Layout:
        """The layers for images that may have no more than `limits` of them, each at least one."""
        found = self._found
        most = [
            min(limit for limit, at in zip(limits, found.class_of, strict=True) if at == number)
            for number in range(len(found.first))
        ]
        problem = problem_of(found.sets, self._weights, most, self._updates, self._own)
        parted = partition(problem)
        held: dict[int, list[int]] = {}
        for signature, parts in enumerate(parted.parts):
            for one in parts:
                held.setdefault(one, []).append(signature)
        weights = {one: int(self._weights[held[one]].sum()) for one in held}
        stacks = self._ordered(weights)
        directories = {one: self._carried(one, signatures) for one, signatures in held.items()}
        self._put_right(stacks, directories)
        return self._assembled(list(limits), held, directories, stacks)

    def _ways(self, entries: Iterable[int]) -> set[int]:
        """The folders on the way to entries."""
        todo: set[int] = set()
        for entry in entries:
            todo |= self._entries.holders(entry)
        found: set[int] = set()
        parents = self._entries.parents
        for one in todo:
            folder = one
            while folder != NO_FOLDER and folder not in found:
                found.add(folder)
                folder = parents[folder]
        return found

    def _agreed(self, number: int, folder: int) -> tuple[int, bool]:
        """A folder as the first class of a set has it, and whether all of them have it so."""
        entry = self._folder_of[(number & -number).bit_length() - 1][folder]
        known = self._folder_sets.get(entry)
        if known is None:
            row = self._found.folder_sets[entry]
            known = self._folder_sets[entry] = number_of(row)
        return entry, not number & ~known

    def _in_need_of_own(self) -> set[int]:
        """Classes that may get a directory of another image, and so need a layer on top."""
        found: set[int] = set()
        for row, folders in zip(self._found.sets, self._above, strict=True):
            number = number_of(row)
            if number & (number - 1) == 0 or found.issuperset(bits(number)):
                continue
            if not all(self._agreed(number, folder)[1] for folder in folders):
                found.update(bits(number))
        return found

    def _carried(self, number: int, signatures: Iterable[int]) -> dict[int, int]:
        """The directories of a layer: folder to entry; those in which nothing lies are entries."""
        folders: set[int] = set()
        for signature in signatures:
            folders |= self._above[signature]
        return {folder: self._agreed(number, folder)[0] for folder in folders}

    def _ordered(self, weights: dict[int, int]) -> list[list[int]]:
        """For each class its sets from the base up: what saves most snapshots lies lowest.

        Images are gone through together: layers that all of them have come first. Of the others
        the one that saves most copies by its bytes lies on what they have in common, and the images
        without it go on by themselves. Own layers are last.
        """
        stacks: list[list[int]] = [[] for _ in self._found.first]
        left = [
            {one for one in weights if one >> number & 1 and one & (one - 1)}
            for number in range(len(stacks))
        ]
        todo = [list(range(len(stacks)))]
        while todo:
            together = todo.pop()
            everyone = len(together)
            counts: dict[int, int] = {}
            for number in together:
                for one in left[number]:
                    counts[one] = counts.get(one, 0) + 1
            if not counts:
                continue
            best = max(
                counts,
                key=lambda one: (
                    counts[one] == everyone,
                    (counts[one] - 1) * weights[one],
                    one.bit_count(),
                    weights[one],
                    -one,
                ),
            )
            inside = [number for number in together if best in left[number]]
            for number in inside:
                left[number].remove(best)
                stacks[number].append(best)
            others = [number for number in together if not best >> number & 1]
            todo += [group for group in (others, inside) if group]
        for number, stack in enumerate(stacks):
            if 1 << number in weights:
                stack.append(1 << number)
        return stacks

    def _put_right(self, stacks: list[list[int]], directories: dict[int, dict[int, int]]) -> None:
        """Puts into own layers the directories that the layers below leave wrong."""
        leaves = [
            {
                self._entries.folder[entry]
                for entry in self._entries.kept[image].tolist()
                if self._entries.folder[entry] != NO_FOLDER
            }
            for image in self._found.first
        ]
        for number, stack in enumerate(stacks):
            last: dict[int, int] = {}
            for one in stack:
                last.update(directories[one])
            wrong = {
                folder: entry
                for folder, entry in self._folder_of[number].items()
                if folder not in leaves[number] and last.get(folder) != entry
            }
            if wrong:
                if not stack or stack[-1] != 1 << number:
                    stack.append(1 << number)
                directories.setdefault(1 << number, {}).update(wrong)

    def _assembled(
        self,
        limits: list[int],
        held: dict[int, list[int]],
        directories: dict[int, dict[int, int]],
        stacks: list[list[int]],
    ) -> Layout:
        """Layers of equal content are one layer, whichever sets they were made for."""
        entries = self._entries
        images_of: list[list[int]] = [[] for _ in stacks]
        for image, number in enumerate(self._found.class_of):
            images_of[number].append(image)
        parts: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        of_set: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        for one, folders in directories.items():
            kept = [
                entry
                for signature in held.get(one, ())
                for entry in self._found.members[signature].tolist()
            ]
            own = {entry for entry in kept if entries.is_directory(entry)}
            key = (
                tuple(sorted(set(kept) - own)),
                tuple(sorted(own | set(folders.values()))),
            )
            parts[key] = parts.get(key, 0) | one
            of_set[one] = key
        layers = {
            key: self._layer(sorted(image for at in bits(number) for image in images_of[at]), *key)
            for key, number in parts.items()
        }
        order = sorted(
            layers,
            key=lambda key: (
                -len(layers[key].images),
                -layers[key].content_bytes,
                -layers[key].tar_bytes,
                layers[key].images,
                key,
            ),
        )
        position = {key: at for at, key in enumerate(order)}
        return Layout(
            limits=limits,
            layers=[layers[key] for key in order],
            stacks=[
                [position[of_set[one]] for one in stacks[number]] for number in self._found.class_of
            ],
        )

    def _layer(
        self, images: list[int], kept: tuple[int, ...], directories: tuple[int, ...]
    ) -> PlannedLayer:
        entries = self._entries
        return PlannedLayer(
            images=tuple(images),
            entries=kept,
            directories=directories,
            files=sum(entries.is_file(entry) for entry in kept),
            content_bytes=sum(entries.content_bytes(entry) for entry in kept),
            tar_bytes=parts_bytes(part for _, part in entries.parts((*kept, *directories))),
            signatures=len({self._signature_of[entry] for entry in kept}),
        )
