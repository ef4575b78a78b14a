"""All that is asked about each image of a run, from what was read of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis.bases import bases
from layerscope.analysis.builder import builder
from layerscope.analysis.distro import find_distro
from layerscope.analysis.dive import dive_numbers
from layerscope.analysis.dive_differences import explain
from layerscope.analysis.duplicates import duplicates
from layerscope.analysis.junk_bytes import junk_bytes
from layerscope.analysis.runtime import runtime
from layerscope.analysis.waste import candidates_for_appended, waste
from layerscope.errors import InputError
from layerscope.files.growing import grown
from layerscope.files.squash import Squashed, squash
from layerscope.files.tree import SYMLINK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.analysis.bases import Base
    from layerscope.analysis.builder import Builder
    from layerscope.analysis.distro import Distro
    from layerscope.analysis.dive import DiveNumbers
    from layerscope.analysis.dive_differences import Difference
    from layerscope.analysis.duplicates import Duplicate
    from layerscope.analysis.junk_bytes import JunkBytes
    from layerscope.analysis.runtime import Runtime
    from layerscope.analysis.waste import Wasted
    from layerscope.files.columns import FileColumns
    from layerscope.sources.image import Image
    from layerscope.sources.limits import Limits


@dataclass(frozen=True, slots=True)
class FactOptions:
    """What is wanted beyond the usual: dive's numbers; the trees themselves."""

    dive: bool = False
    keep_trees: bool = False


USUAL = FactOptions()


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What the file tables of all layers tell of an image.

    Attributes:
        squashed: The tree itself, if it was to be kept: those of many images need much room.
        content_bytes: Regular files, all copies.
        wasted: Every hidden copy; their bytes are `content_bytes` less what is visible.
        distro: By the os-release of the finished tree.
        dive: dive's numbers and why they differ, if they were asked for.
    """

    squashed: Squashed | None
    content_bytes: int
    wasted: list[Wasted]
    duplicates: list[Duplicate]
    junk: list[JunkBytes]
    engine_differs: list[bytes]
    distro: Distro | None
    dive: tuple[DiveNumbers, list[Difference]] | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one image; `tree` is None if a layer is damaged or not there.

    `problem` is what kept a tree from being made of layers that are all whole, or a table from
    being filled.
    """

    base: Base | None
    builder: Builder
    runtime: Runtime
    tree: TreeFacts | None = None
    problem: InputError | None = None


def facts_of(
    images: Sequence[Image],
    tables: Sequence[Sequence[FileColumns] | None],
    limits: Limits,
    options: FactOptions = USUAL,
) -> list[Facts]:
    """The facts of each image.

    Args:
        images: All images of the run: one may be the base of another.
        tables: For each image the tables of its layers, None if one could not be read.
        limits: Bounds on reading files again.
        options: What is wanted beyond the usual.
    """
    below = bases(images)
    done: dict[tuple[int, ...], TreeFacts | InputError] = {}
    found = []
    for image, base, columns in zip(images, below, tables, strict=True):
        tree: TreeFacts | None = None
        problem: InputError | None = None
        if columns is not None:
            # One manifest under three names is three images, and one tree.
            key = tuple(map(id, columns))
            if key not in done:
                done[key] = _tree_or_problem(image, columns, limits, options)
            result = done[key]
            if isinstance(result, TreeFacts):
                tree = result
            else:
                problem = result
        found.append(Facts(base, builder(image), runtime(image.config), tree, problem))
    return found


def _tree_or_problem(
    image: Image, columns: Sequence[FileColumns], limits: Limits, options: FactOptions
) -> TreeFacts | InputError:
    try:
        return _tree_facts(image, columns, limits, options)
    except InputError as error:
        return error


def _tree_facts(
    image: Image, columns: Sequence[FileColumns], limits: Limits, options: FactOptions
) -> TreeFacts:
    squashed = squash(columns)
    grew = grown(squashed, candidates_for_appended(squashed), image.layers, limits)
    diff_ids = [str(layer.diff_id) if layer.diff_id else None for layer in image.layers]
    wasted = waste(squashed, diff_ids, grew)
    numbers = dive_numbers(columns) if options.dive else None
    return TreeFacts(
        squashed=squashed if options.keep_trees else None,
        content_bytes=sum(sum(table.size_bytes) for table in columns),
        wasted=wasted,
        duplicates=duplicates(squashed),
        junk=junk_bytes(squashed, wasted),
        engine_differs=sorted(squashed.engine_differs),
        distro=distro_of(squashed),
        dive=(numbers, explain(numbers, squashed)) if numbers else None,
    )


def distro_of(squashed: Squashed) -> Distro | None:
    """The distribution that the os-release file of a finished tree names."""

    def content_of(path: bytes) -> bytes | None:
        layer, at = squashed.place(squashed.inode(squashed.rows.get(path, -1)))
        return squashed.layers[layer].kept.get(at)

    def link_of(path: bytes) -> bytes | None:
        row = squashed.inode(squashed.rows.get(path, -1))
        if row < 0 or squashed.kinds[row] != SYMLINK:
            return None
        layer, at = squashed.place(row)
        return squashed.layers[layer].links.get(at)

    return find_distro(content_of, link_of) if squashed.layers else None
