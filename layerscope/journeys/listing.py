"""The files of an image, or the members of one of its layers, as rows sorted by path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis.lookup import resolve
from layerscope.errors import InputError, NoSuchEntryError, shown
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.files.tree import clean
from layerscope.journeys.choose import (
    absent_layer,
    finished_tree,
    image_or_faults,
    one_layer,
    with_fault,
)
from layerscope.journeys.pool import read_layers
from layerscope.journeys.remembering import read_tables
from layerscope.journeys.tree_rows import TreeRows, text_of
from layerscope.report.answers import FileRow, FilesHead, image_name
from layerscope.report.from_results import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.files.squash import Squashed
    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits


_Table = tuple[FileColumns | None, list[bytes], list[int]]


@dataclass(frozen=True, slots=True)
class Listing:
    """The file table of a layer, to be written row by row: a layer may have millions of members.

    Attributes:
        head: What stands beside the entries: the image, the layer, and what is wrong.
        columns: The members in tar order; None if there is no image, or its layer is not whole.
        paths: Clean absolute paths, one for each member.
        order: Positions of the members that are listed, by path, then by position in the tar.
    """

    head: FilesHead
    columns: FileColumns | None
    paths: list[bytes]
    order: list[int]

    @property
    def whole(self) -> bool:
        """Whether the entries are known."""
        return self.columns is not None

    def rows(self) -> Iterator[FileRow]:
        """The entries in order; nothing if there are no columns."""
        columns = self.columns
        if columns is None:
            return
        names = columns.stored_names()
        for row in self.order:
            kind = KINDS[columns.kinds[row]]
            link = columns.links.get(row)
            content = columns.content(row)
            yield FileRow(
                path=text_of(self.paths[row]),
                name=text_of(names[row]),
                kind=kind,
                size_bytes=columns.size_bytes[row],
                mode=f"{columns.modes[row]:04o}",
                uid=columns.uids[row],
                gid=columns.gids[row],
                mtime_ns=columns.mtimes_ns[row],
                link_target=None if link is None else text_of(link),
                content=None if content is None else f"{columns.hashed}:{content.hex()}",
                layer=self.head.layer or 0,
                hardlink_to=text_of(clean(link))
                if kind == "hardlink" and link is not None
                else None,
                xattrs={text_of(name): value.hex() for name, value in columns.xattrs.get(row, ())},
            )


@dataclass(frozen=True, slots=True)
class TreeListing:
    """The files of the finished image, to be written row by row.

    Attributes:
        head: What stands beside the entries.
        tree: The squashed layers; None if there is no image, or a layer of it is not whole.
        paths: What is listed, sorted.
    """

    head: FilesHead
    tree: Squashed | None
    paths: list[bytes]

    @property
    def whole(self) -> bool:
        """Whether the entries are known."""
        return self.tree is not None

    @property
    def layers(self) -> int:
        """How many layers the image has; 0 if the tree is not known."""
        return len(self.tree.layers) if self.tree is not None else 0

    def rows(self) -> Iterator[FileRow]:
        """The entries in order; nothing if the tree is not known."""
        if self.tree is None:
            return
        rows = TreeRows(self.tree)
        for path in self.paths:
            yield rows.visible(path)


def list_tree(
    text: str,
    *,
    path: str | None,
    digest: str | None,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
) -> TreeListing:
    """The files that a container of the image sees, one row for each path.

    Args:
        text: Names one image.
        path: Only this path and what lies below it; None means all. Symbolic links on the way are
            followed inside the image, one at the end only if a slash stands behind it.
        digest: `blake3`, `sha256`, or None to hash no content.
        platform: Only images for it; None means all.
        limits: What the input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; it has BLAKE3 digests only, so that it
            is of no use for others. None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.

    Of an image with a damaged layer nothing is known for certain: the listing has no tree then, and
    the faults of its head say why, as they do where there is no image or no such path.

    Raises: `UsageError` if there are several images.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    if digest == "blake3":
        outcomes = read_tables(
            opened, catalog=catalog, verify=verify, limits=limits, jobs=jobs, progress=progress
        )
    else:
        outcomes = read_layers(
            opened, jobs=jobs, limits=limits, columns=True, content=digest, progress=progress
        )
    tree: Squashed | None = None
    paths: list[bytes] = []
    if opened[0].images:
        image = opened[0].images[0]
        try:
            tree = finished_tree(
                image, [outcomes.get((0, 0, layer.index)) for layer in image.layers]
            )
            if tree is not None:
                paths = _paths(tree, path)
        except InputError as error:
            tree = None
            opened[0] = with_fault(opened[0], image, absent_layer(image), error)
    report = build(opened, outcomes)
    head = FilesHead(
        tool=report.tool,
        image=image_name(report.images[0]) if report.images else None,
        layer=None,
        faults=report.faults,
        layers=len(tree.layers) if tree is not None else None,
        engine_differs=[text_of(one) for one in sorted(tree.engine_differs)] if tree else [],
    )
    return TreeListing(head, tree, paths)


def _paths(tree: Squashed, path: str | None) -> list[bytes]:
    """What is listed, sorted. Raises: `NoSuchEntryError` if the path leads nowhere."""
    if path is None:
        return sorted(tree.rows)
    top = resolve(tree, os.fsencode(path), follow=False)
    inside = top.rstrip(b"/") + b"/"
    return sorted(one for one in tree.rows if one == top or one.startswith(inside))


def list_layer(
    text: str,
    *,
    layer: int | None,
    path: str | None,
    digest: str | None,
    platform: Platform | None,
    limits: Limits,
    stdin: BinaryIO | None,
) -> Listing:
    """The members of a layer as it stores them, duplicates and whiteouts kept.

    Args:
        text: Names one image.
        layer: Which layer; None if the image has only one.
        path: Only this path and what lies below it; None means all.
        digest: `blake3`, `sha256`, or None to hash no content.
        platform: Only images for it; None means all.
        limits: What the input may cost.
        stdin: Where `-` reads from.

    A listing without columns says in the faults of its head why: no image, no such layer or path,
    or a layer that cannot be read or is damaged; the fault of what was asked for comes first.

    Raises: `UsageError` if there are several images, or several layers and no number.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    table: _Table = (None, [], [])
    if opened[0].images:
        image = opened[0].images[0]
        try:
            chosen = one_layer(image, layer)
            layer = chosen.index
            table = _members(chosen, path, digest, limits)
        except InputError as error:
            opened[0] = with_fault(opened[0], image, layer or 0, error)
    report = build(opened, {})
    head = FilesHead(
        tool=report.tool,
        image=image_name(report.images[0]) if report.images else None,
        layer=layer,
        faults=report.faults,
    )
    return Listing(head, *table)


def _members(layer: Layer, path: str | None, digest: str | None, limits: Limits) -> _Table:
    """Columns, paths and order of a listing. Raises: the `InputError` that prevents it."""
    try:
        columns = scan_layer(layer, limits=limits, content=digest, columns=True).columns
    except InputError as error:
        raise error.within(f"layer {layer.index}") from error
    paths = list(columns.paths()) if columns is not None else []
    order = sorted(range(len(paths)), key=paths.__getitem__)
    if path is not None:
        order = _below(order, paths, clean(os.fsencode(path)))
        if not order:
            raise NoSuchEntryError(f"layer {layer.index} has no {shown(path)}")
    return columns or FileColumns(), paths, order


def _below(order: list[int], paths: list[bytes], top: bytes) -> list[int]:
    inside = top.rstrip(b"/") + b"/"
    return [row for row in order if paths[row] == top or paths[row].startswith(inside)]
