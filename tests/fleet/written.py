"""Layers that a plan predicts, written for real and read again."""

from __future__ import annotations

import random
from io import BytesIO
from typing import TYPE_CHECKING

from layerscope.files.columns import KINDS
from layerscope.files.scan_layer import scan_layer
from layerscope.files.squash import Squashed, squash
from layerscope.sources.image import Layer
from layerscope.sources.region import Region
from layerscope.synth.layer_writer import write_layer
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.files.columns import FileColumns
    from layerscope.fleet.new_layer import NewLayer

NAMES = ("a", "b", "c")


def layer_of(path: Path, index: int = 0) -> Layer:
    """A layer whose tar is in a file."""
    return Layer(index, None, None, None, None, None, Region.of_file(str(path)), path.name)


def table_of(layer: Layer) -> FileColumns:
    """The file table of a layer."""
    columns = scan_layer(layer).columns
    assert columns is not None
    return columns


def stored(folder: Path, tars: Sequence[bytes]) -> list[Layer]:
    """Layers in files of a folder."""
    layers = []
    for index, tar in enumerate(tars):
        path = folder / f"{len(list(folder.iterdir()))}.tar"
        path.write_bytes(tar)
        layers.append(layer_of(path, index))
    return layers


def written(new: NewLayer, layers: Sequence[Layer]) -> bytes:
    """The tar of a planned layer, whose size is as it was predicted."""
    stream = BytesIO()
    parts = [(None if at is None else layers[at], part) for at, part in new.parts]
    write_layer(stream, parts)
    assert len(stream.getvalue()) == new.uncompressed_bytes
    return stream.getvalue()


def tree_of(layers: Sequence[Layer]) -> Squashed:
    """Layers read and squashed."""
    return squash([table_of(layer) for layer in layers])


def facts(tree: Squashed) -> dict[bytes, tuple[object, ...]]:
    """All that a container sees: kinds, content, links, attributes, times, names of one file.

    A directory that nobody described is one of 0755, 0:0 and no time.
    """
    names: dict[int, list[bytes]] = {}
    for path, row in tree.rows.items():
        if row >= 0 and KINDS[tree.kinds[row]] != "dir":
            names.setdefault(tree.inode(row), []).append(path)
    found: dict[bytes, tuple[object, ...]] = {}
    for path, row in tree.rows.items():
        if row < 0:
            found[path] = ("dir", 0o755, 0, 0, 0, None, None, None, (), None)
            continue
        inode = tree.inode(row)
        layer, at = tree.place(inode)
        columns = tree.layers[layer]
        found[path] = (
            tree.kind(inode),
            columns.modes[at],
            columns.uids[at],
            columns.gids[at],
            columns.mtimes_ns[at],
            columns.links.get(at),
            columns.devices.get(at),
            columns.content(at),
            columns.xattrs.get(at, ()),
            tuple(sorted(names[inode])) if inode in names else None,
        )
    return found


def random_tars(seed: int) -> list[bytes]:  # noqa: C901, PLR0912 - one choice after the other
    """The tars of a few layers whose paths collide, of all kinds of members and markers.

    No member is below what is no directory, which engines refuse.
    """
    dice = random.Random(seed)
    known: dict[str, str] = {}
    tars = []
    for number in range(dice.randint(2, 5)):
        tree, mine = Tree(), dict[str, str]()
        for _ in range(dice.randint(1, 9)):
            path = "/".join(dice.choice(NAMES) for _ in range(dice.randint(1, 3)))
            parents = [path[:at] for at, letter in enumerate(path) if letter == "/"]
            there = {**known, **mine}
            if any(there.get(parent, "dir") != "dir" for parent in parents) or path in mine:
                continue
            near = [o for o in mine if o.startswith(f"{path}/") or path.startswith(f"{o}/")]
            if near and mine.get(path.rpartition("/")[0]) != "dir":
                continue
            kind = dice.choice(("file", "file", "dir", "symlink", "hardlink", "fifo", "whiteout"))
            owner = dice.choice((0, 7, 3_000_000))
            if kind == "whiteout":
                tree = tree.whiteout(path)
            elif kind == "file":
                content = f"{seed} {number} {path}".encode() * dice.randint(0, 40)
                tree = tree.file(path, content, uid=owner, mtime=dice.choice((1, 1.5)))
            elif kind == "dir":
                mode = dice.choice((0o755, 0o700))
                tree = tree.dir(path, mode=mode, uid=owner)
                if dice.random() < 0.3 and known.get(path) == "dir":
                    tree = tree.opaque(path)
            elif kind == "symlink":
                tree = tree.symlink(path, "nowhere" * dice.choice((1, 20)))
            elif kind == "fifo":
                tree = tree.fifo(path)
            else:
                targets = sorted(other for other, what in mine.items() if what == "file")
                if not targets:
                    continue
                tree = tree.hardlink(path, dice.choice(targets))
            mine[path] = kind
            mine.update({parent: "dir" for parent in parents if parent not in mine})
        known = {path: kind for path, kind in {**known, **mine}.items() if kind != "whiteout"}
        for path in [old for old in known if known.get(old.rpartition("/")[0], "dir") != "dir"]:
            del known[path]
        tars.append(tree.layer_tar())
    return tars
