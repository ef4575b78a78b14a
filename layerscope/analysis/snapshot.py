"""All that is visible in one image, path by path: what two images are compared by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from layerscope.files.schema import xattrs_digest
from layerscope.files.squash import IMPLIED_MODE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.files.squash import Squashed


class Entry(NamedTuple):
    """What is at one path. A hard link is what it links to: names of one inode are alike.

    Attributes:
        kind: One of `files.columns.KINDS`; `hardlink` only where what it names is not there.
        size_bytes: Content of a regular file, 0 for all else.
        mode: Permission bits.
        uid: Owner.
        gid: Group.
        mtime_ns: Nanoseconds since the epoch; None for a directory that no member describes.
        link_target: Of a symlink, as stored; None for all else.
        content: Digest of a regular file's content; None for all else, or if it was not hashed.
        xattrs: Digest of the extended attributes; None if there are none.
        linked_to: The first name of the inode where it has several and this is another; else None.
        layer: Index of the layer that stores it.
    """

    kind: str
    size_bytes: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int | None
    link_target: bytes | None
    content: bytes | None
    xattrs: bytes | None
    linked_to: bytes | None
    layer: int

    @property
    def visible_bytes(self) -> int:
        """Bytes charged to this path: those of an inode count once, at its first name."""
        return 0 if self.linked_to is not None else self.size_bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tree that a container of the image starts with.

    Attributes:
        entries: By absolute clean path.
        layer_ids: The DiffID of each layer, base first; None where it is not known.
        hashed: Which digest the contents have, such as `blake3`; None if they have none.
        effects: By how many bytes each layer, put on those below it, makes the visible bytes grow:
            less than nothing where it deletes. They sum to the visible bytes. None if not known.
    """

    entries: Mapping[bytes, Entry]
    layer_ids: tuple[str | None, ...] = ()
    hashed: str | None = "blake3"
    effects: tuple[int, ...] | None = None

    def visible_bytes(self) -> int:
        """The sum over all files, each inode once."""
        return sum(entry.visible_bytes for entry in self.entries.values())

    def visible_bytes_of_layers(self) -> list[int]:
        """Visible bytes by the layer that stores them; as many numbers as there are layers."""
        sums = [0] * len(self.layer_ids)
        for entry in self.entries.values():
            sums[entry.layer] += entry.visible_bytes
        return sums


def snapshot_of(squashed: Squashed, layer_ids: Sequence[str | None]) -> Snapshot:
    """The snapshot of a squashed image; linear in its paths.

    Args:
        squashed: The layers, one on the other.
        layer_ids: Their DiffIDs, base first.
    """
    first = _first_names(squashed)
    entries: dict[bytes, Entry] = {}
    for path, row in squashed.rows.items():
        inode = squashed.inode(row)
        layer, position = squashed.place(inode)
        if position < 0:
            entries[path] = Entry("dir", 0, IMPLIED_MODE, 0, 0, None, None, None, None, None, layer)
            continue
        columns = squashed.layers[layer]
        kind = squashed.kind(inode)
        name = first.get(inode)
        attributes = columns.xattrs.get(position)
        entries[path] = Entry(
            kind,
            squashed.size(inode),
            columns.modes[position],
            columns.uids[position],
            columns.gids[position],
            columns.mtimes_ns[position],
            columns.links.get(position) if kind in {"symlink", "hardlink"} else None,
            squashed.content(inode),
            xattrs_digest(attributes) if attributes else None,
            name if name != path else None,
            layer,
        )
    hashed = next((columns.hashed for columns in squashed.layers if len(columns)), "blake3")
    return Snapshot(entries, tuple(layer_ids), hashed, _effects(squashed))


def _effects(squashed: Squashed) -> tuple[int, ...]:
    """What each layer does to the visible bytes: what it stores, less what it takes away.

    A member is gone when its last name is, which is in the layer of the entry that took that name.
    """
    gone_in: dict[int, int] = {}
    for row, taker in squashed.hidden.items():
        if row >= 0:
            inode = squashed.inode(row)
            layer = squashed.place(taker)[0]
            gone_in[inode] = max(layer, gone_in.get(inode, layer))
    visible = {squashed.inode(row) for row in squashed.rows.values()}
    effects = [0] * len(squashed.layers)
    for layer, columns in enumerate(squashed.layers):
        effects[layer] += sum(columns.size_bytes)
        first = squashed.starts[layer]
        for position, size in enumerate(columns.size_bytes):
            if size and first + position not in visible:
                # What never had a name was gone as soon as it came.
                effects[gone_in.get(first + position, layer)] -= size
    return tuple(effects)


def _first_names(squashed: Squashed) -> dict[int, bytes]:
    """The least visible path of each inode that any hard link names."""
    linked = set(squashed.inodes.values())
    first: dict[int, bytes] = {}
    if not linked:
        return first
    for path, row in squashed.rows.items():
        inode = squashed.inodes.get(row, row)
        if inode in linked:
            known = first.get(inode)
            if known is None or path < known:
                first[inode] = path
    return first
