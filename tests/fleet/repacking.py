"""Images repacked for real: read, planned, and every planned layer written from the old ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING

from layerscope.api import open_images
from layerscope.files.scan_layer import scan_layer
from layerscope.fleet.repack import LayerNow, Planned, Repacked, repack
from layerscope.synth.layer_writer import write_layer
from layerscope.synth.layouts import oci_layout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.files.squash import Squashed
    from layerscope.sources.image import Layer
    from layerscope.synth.image_builder import ImageBuilder


@dataclass(frozen=True)
class Read:
    """Images at hand, and the layers they come from by DiffID."""

    images: list[list[LayerNow]]
    sources: dict[str, Layer]


def read(folder: Path, builders: Sequence[ImageBuilder]) -> Read:
    """Images written as OCI layouts, one folder each, and read back."""
    images: list[list[LayerNow]] = []
    sources: dict[str, Layer] = {}
    for number, builder in enumerate(builders):
        (image,) = open_images(oci_layout(folder / str(number), builder))
        found = []
        for layer in image.layers:
            scan = scan_layer(layer)
            assert scan.columns is not None
            diff_id = str(scan.diff_id)
            sources[diff_id] = layer
            found.append(
                LayerNow(diff_id, scan.content_bytes, scan.uncompressed_bytes, scan.columns)
            )
        images.append(found)
    return Read(images, sources)


def repacked(given: Read, max_layers: int, updates: Sequence[tuple[int, int]] = ()) -> Repacked:
    """The plan for images that were read."""
    return repack(given.images, updates, max_layers=max_layers)


def written(given: Read, plan: Repacked, planned: Planned) -> list[bytes]:
    """The tars of the layers of a plan."""
    entries, tars = plan.entries, []
    for layer in planned.layout.layers:
        stream = BytesIO()
        write_layer(
            stream,
            [
                (given.sources[entries.diff_ids[table]] if table >= 0 else None, part)
                for table, part in entries.parts((*layer.entries, *layer.directories))
            ],
        )
        tars.append(stream.getvalue())
    return tars


def rebuilt(
    builder: ImageBuilder, planned: Planned, tars: Sequence[bytes], image: int
) -> ImageBuilder:
    """An image with its planned layers in the place of its own."""
    new = replace(builder, layers=(), history=())
    for at in planned.layout.stacks[image]:
        new = new.layer(tars[at], f"repacked layer {at}")
    return new


def told(tree: Squashed) -> dict[bytes, tuple[object, ...]]:
    """All that unpacking leaves of each path; of a directory that none describes, what engines do.

    Of a file with several names the names stand in it.
    """
    names: dict[int, list[bytes]] = {}
    for path, row in sorted(tree.rows.items()):
        names.setdefault(tree.inode(row), []).append(path)
    found: dict[bytes, tuple[object, ...]] = {}
    for path, row in tree.rows.items():
        if row < 0:
            found[path] = ("dir", 0o755, 0, 0, 0, (), None, None, None, 0, (path,))
            continue
        inode = tree.inode(row)
        layer, at = tree.place(inode)
        columns, kind = tree.layers[layer], tree.kind(inode)
        found[path] = (
            kind,
            columns.modes[at],
            columns.uids[at],
            columns.gids[at],
            columns.mtimes_ns[at],
            columns.xattrs.get(at, ()),
            columns.links.get(at) if kind == "symlink" else None,
            columns.devices.get(at),
            columns.content(at),
            columns.size_bytes[at],
            tuple(names[inode]),
        )
    return found
