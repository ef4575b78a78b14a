"""The members of one layer as rows, sorted by path."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.errors import InputError, NoSuchEntryError, shown
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.journeys.choose import image_or_faults, one_layer
from layerscope.report.answers import FileRow, FilesHead, image_name
from layerscope.report.from_results import build
from layerscope.sources.image import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Image, Layer, OpenedInput
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
                path=_text(self.paths[row]),
                name=_text(names[row]),
                kind=kind,
                size_bytes=columns.size_bytes[row],
                mode=f"{columns.modes[row]:04o}",
                uid=columns.uids[row],
                gid=columns.gids[row],
                mtime_ns=columns.mtimes_ns[row],
                link_target=None if link is None else _text(link),
                content=None if content is None else f"{columns.hashed}:{content.hex()}",
                layer=self.head.layer or 0,
                hardlink_to=_text(clean_path(link))
                if kind == "hardlink" and link is not None
                else None,
                xattrs={_text(name): value.hex() for name, value in columns.xattrs.get(row, ())},
            )


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
            opened = [_with_fault(opened[0], image, 0 if layer is None else layer, error)]
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
        order = _below(order, paths, clean_path(os.fsencode(path)))
        if not order:
            raise NoSuchEntryError(f"layer {layer.index} has no {shown(path)}")
    return columns or FileColumns(), paths, order


def _with_fault(one: OpenedInput, image: Image, layer: int, error: InputError) -> OpenedInput:
    """The input with one more fault, before the others; a layer known to be absent is one already.

    A layer number that the image does not have is in the message only.
    """
    there = layer if layer < len(image.layers) else None
    fault = replace(Fault.of(one.input, error, there), image=image.index)
    for known in one.faults:
        if (known.code, known.image, known.layer) == (fault.code, fault.image, there):
            fault = known
    return replace(one, faults=(fault, *one.faults))


def clean_path(path: bytes) -> bytes:
    """An absolute path without `.`, `..`, empty parts and a trailing slash; `..` stops at the root.

    >>> clean_path(b"./usr//lib/../bin/"), clean_path(b"../..")
    (b'/usr/bin', b'/')
    """
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/" + b"/".join(parts)


def _below(order: list[int], paths: list[bytes], top: bytes) -> list[int]:
    inside = top.rstrip(b"/") + b"/"
    return [row for row in order if paths[row] == top or paths[row].startswith(inside)]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
