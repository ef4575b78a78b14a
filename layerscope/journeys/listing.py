"""The members of one layer as rows, sorted by path."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import InputError, NoSuchEntryError, shown
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.journeys.choose import one_image, one_layer
from layerscope.report.answers import FileRow, FilesHead, image_name
from layerscope.report.from_results import build

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.report.document import FaultRow
    from layerscope.sources.limits import Limits


@dataclass(frozen=True, slots=True)
class Listing:
    """The file table of a layer, to be written row by row: a layer may have millions of members.

    Attributes:
        head: What stands before the entries.
        columns: The members in tar order.
        paths: Clean absolute paths, one for each member.
        order: Positions of the members that are listed, by path, then by position in the tar.
        faults: What else is wrong with the input; the layer itself is whole.
    """

    head: FilesHead
    columns: FileColumns
    paths: list[bytes]
    order: list[int]
    faults: list[FaultRow]

    def rows(self) -> Iterator[FileRow]:
        """The entries in order."""
        columns = self.columns
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

    Raises: `UsageError` if there are several images, or several layers and no number;
        `NoSuchEntryError` if the layer or the path is not there; the `InputError` of a layer that
        cannot be read or is damaged.
    """
    opened = one_image(text, platform=platform, limits=limits, stdin=stdin)
    image = opened.images[0]
    chosen = one_layer(image, layer)
    try:
        scan = scan_layer(chosen, limits=limits, content=digest, columns=True)
    except InputError as error:
        raise error.within(shown(text)) from error
    columns = scan.columns
    paths = list(columns.paths()) if columns is not None else []
    order = sorted(range(len(paths)), key=paths.__getitem__)
    if path is not None:
        order = _below(order, paths, clean_path(os.fsencode(path)))
        if not order:
            raise NoSuchEntryError(
                f"layer {chosen.index} has no {shown(path)}", shown(opened.input)
            )
    report = build([opened], {})
    head = FilesHead(tool=report.tool, image=image_name(report.images[0]), layer=chosen.index)
    return Listing(head, columns or FileColumns(), paths, order, report.faults)


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
