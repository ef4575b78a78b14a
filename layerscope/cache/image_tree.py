"""The files of an image as a build sees them, read when somebody first asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from layerscope.cache.filetree import FileNode, walked
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from layerscope.cache.filetree import FileKind
    from layerscope.files.squash import Squashed

ROOT = FileNode("dir", 0o755)
LINK_MODE = 0o777


class ImageTree:
    """A `FileTree` over the squashed layers of an image.

    Args:
        squashed: Gives the layers; is called once, by the first question.
        read: Gives the bytes of the file at a global row.
    """

    def __init__(
        self, squashed: Callable[[], Squashed], read: Callable[[Squashed, int], bytes]
    ) -> None:
        self._squashed = squashed
        self._read = read

    @cached_property
    def _tree(self) -> Squashed:
        return self._squashed()

    @cached_property
    def _names(self) -> dict[bytes, list[bytes]]:
        names: dict[bytes, list[bytes]] = {}
        for path in self._tree.rows:
            if path != b"/":
                folder, _, name = path.rpartition(b"/")
                names.setdefault(folder, []).append(name)
        for children in names.values():
            children.sort()
        return names

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        row = self._tree.rows.get(_key(path))
        if row is None:
            return ROOT if not path else None
        if row < 0:
            return ROOT
        return self._node(self._tree.inode(row))

    def _node(self, row: int) -> FileNode:
        layer, at = self._tree.place(row)
        columns = self._tree.layers[layer]
        kind = cast("FileKind", self._tree.kind(row))
        return FileNode(
            kind,
            LINK_MODE if kind == "symlink" else columns.modes[at],
            uid=columns.uids[at],
            gid=columns.gids[at],
            size=columns.size_bytes[at] if kind == "file" else 0,
            link=_text(columns.links.get(at, b"")) if kind == "symlink" else "",
            xattrs=tuple((_text(name), value) for name, value in columns.xattrs.get(at, ())),
            mtime_ns=columns.mtimes_ns[at],
            device=columns.devices.get(at, (0, 0)),
        )

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        return [_text(name) for name in self._names.get(_key(path).rstrip(b"/"), ())]

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        return walked(self, path)

    def digest(self, path: str) -> bytes:
        """BLAKE3 of the file's bytes, as all trees of files give it."""
        row = self._file(path)
        content = self._tree.content(row)
        if content is None:
            from blake3 import blake3  # noqa: PLC0415 - only for files that the scan left out

            return blake3(self._read(self._tree, row)).digest()
        return content

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return self._read(self._tree, self._file(path))

    def _file(self, path: str) -> int:
        row = self._tree.rows.get(_key(path), -1)
        inode = self._tree.inode(row) if row >= 0 else row
        if self._tree.kind(inode) != "file":
            problem = f"no regular file {shown(path)} in this image"
            raise UnreadableInputError(problem)
        return inode


def _key(path: str) -> bytes:
    return b"/" + path.encode("utf-8", "surrogateescape")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
