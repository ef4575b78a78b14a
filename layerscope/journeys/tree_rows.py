"""Rows of documents from the squashed layers of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.analysis.lookup import first_names
from layerscope.files.squash import IMPLIED_MODE
from layerscope.files.tree import clean
from layerscope.report.answers import FileRow

if TYPE_CHECKING:
    from layerscope.files.squash import Squashed

SYMLINK_MODE = 0o777
"""Linux has no other for symbolic links, whatever a tar says."""

NOT_UNPACKED = (b"security.selinux", b"system.nfs4_acl", b"trusted.overlay.")
"""Attributes, or what they begin with, that belong to a machine and that umoci never sets."""


class TreeRows:
    """Rows of the paths of one image.

    Args:
        tree: The squashed layers of the image.
    """

    def __init__(self, tree: Squashed) -> None:
        self._tree = tree
        self._first = first_names(tree)
        self._names: dict[int, list[bytes]] = {}

    def visible(self, path: bytes) -> FileRow:
        """The row of a path of the finished image.

        Of several names of one file, one is the `file` and the others are hard links to it. All
        have the mode, owner, time, size and content of what they are names of, as they have once
        unpacked. Another name of a symbolic link is a symbolic link too. Modes and attributes are
        those that unpacking leaves.
        """
        tree = self._tree
        row = tree.rows[path]
        if row < 0:
            return _implied(path, -1 - row)
        inode = tree.inode(row)
        first = self._first.get(inode, path)
        kind = tree.kind(inode)
        if first == path:
            return self._row(path, row, kind, None, unpacked=True)
        linked = "hardlink" if kind == "file" else kind
        return self._row(path, row, linked, first, unpacked=True)

    def stored(self, row: int, path: bytes) -> FileRow:
        """The row of one version of a path, by its global row: of what kind its layer has it."""
        tree = self._tree
        if row < 0:
            return _implied(path, -1 - row)
        inode = tree.inodes.get(row)
        return self._row(path, row, tree.kind(row), None if inode is None else tree.path_of(inode))

    def _row(
        self,
        path: bytes,
        row: int,
        kind: str,
        other_name: bytes | None,
        *,
        unpacked: bool = False,
    ) -> FileRow:
        tree = self._tree
        layer, position = tree.place(row)
        inode_layer, at = tree.place(tree.inode(row))
        columns = tree.layers[inode_layer]
        link = columns.links.get(at)
        if kind == "hardlink":
            link = tree.layers[layer].links.get(position, link)
            other_name = other_name or clean(link or b"")
        content = columns.content(at)
        mode, xattrs = columns.modes[at], columns.xattrs.get(at, ())
        if unpacked:
            mode = SYMLINK_MODE if kind == "symlink" else mode
            xattrs = tuple(pair for pair in xattrs if not pair[0].startswith(NOT_UNPACKED))
        return FileRow(
            path=text_of(path),
            name=text_of(self._name(layer, position)),
            kind=kind,
            size_bytes=columns.size_bytes[at],
            mode=f"{mode:04o}",
            uid=columns.uids[at],
            gid=columns.gids[at],
            mtime_ns=columns.mtimes_ns[at],
            link_target=None if link is None else text_of(link),
            content=None if content is None else f"{columns.hashed}:{content.hex()}",
            layer=layer,
            hardlink_to=None if other_name is None else text_of(other_name),
            xattrs={text_of(name): value.hex() for name, value in xattrs},
        )

    def _name(self, layer: int, position: int) -> bytes:
        names = self._names.get(layer)
        if names is None:
            names = self._names[layer] = self._tree.layers[layer].stored_names()
        return names[position]


def _implied(path: bytes, layer: int) -> FileRow:
    """The row of a directory that no entry describes, as engines make it."""
    return FileRow(
        path=text_of(path),
        name=text_of(path[1:]),
        kind="dir",
        size_bytes=0,
        mode=f"{IMPLIED_MODE:04o}",
        uid=0,
        gid=0,
        mtime_ns=0,
        link_target=None,
        content=None,
        layer=layer,
        hardlink_to=None,
    )


def text_of(name: bytes) -> str:
    """A name as documents have it: a byte that is no UTF-8 is a lone surrogate."""
    return name.decode("utf-8", "surrogateescape")
