"""One layer as dive sees it: a tree of names, in which later members replace earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import OverLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.files.columns import FileColumns

WHITEOUT = b".wh."
DROPPED = b".wh..wh.."
"""Names that begin so are left out of the tree, and what lies below them too."""

NO_ROW = -1

IMPLIED_DIRECTORIES = 1_000_000
"""How many directories the names of an image's layers may imply, all together.

Real tars describe nearly every directory. A hostile name of a megabyte implies half a million.
"""

_UNCLEAN_STARTS = (b"", b".", b"/")


class DiveNode:
    """One name of the tree.

    Attributes:
        row: The last member of that name, `NO_ROW` for a directory that has none of its own.
        path: Its name as dive cleans it (what was absolute stays so); empty for directories without
            a member, except for those that only a dropped name made.
        children: By name; None or empty for a leaf.
    """

    __slots__ = ("children", "path", "row")

    def __init__(self) -> None:
        self.row = NO_ROW
        self.path = b""
        self.children: dict[bytes, DiveNode] | None = None


class DiveTree:
    """The tree of one layer. Time is linear in the bytes of all names.

    Kinds do not matter: a file that has others below it is an inner node, as in dive.
    Source: dive 0.13.1, dive/filetree/file_tree.go, `AddPath`.

    Attributes:
        root: Has no row and no path; never visited.
        implied: How many directories were made for names below them.
    """

    def __init__(self, columns: FileColumns, most_implied: int = IMPLIED_DIRECTORIES) -> None:
        """Make the tree. Raises: `OverLimitError` at more than `most_implied` such directories."""
        self.root = DiveNode()
        self.implied = 0
        self._most_implied = most_implied
        # Looking a folder up by its whole name is much faster than walking down to it each time.
        # Only folders of members are remembered: all prefixes of a deep name would be quadratic.
        folders = {b"": self.root}
        for row, stored in enumerate(columns.stored_names()):
            path = stored
            if path[:1] in _UNCLEAN_STARTS or b"/." in path or b"//" in path or DROPPED in path:
                path = go_clean(stored)
                if path in (b".", b"/") or self._drop(path):
                    continue
            folder_name, _, name = path.rpartition(b"/")
            folder = folders.get(folder_name)
            if folder is None:
                folder = folders[folder_name] = self._walk(folder_name)
            if folder.children is None:
                folder.children = {}
            node = folder.children.get(name)
            if node is None:
                node = folder.children[name] = DiveNode()
            node.row = row
            node.path = path

    def _drop(self, path: bytes) -> bool:
        """Whether a name is dropped. The directories above it are made all the same."""
        if DROPPED not in path:
            return False
        parts = path.split(b"/")
        for position, part in enumerate(parts):
            if part.startswith(DROPPED):
                above = b"/".join(parts[:position])
                node = self._walk(above)
                node.path = node.path or above
                return True
        return False

    def _walk(self, name: bytes) -> DiveNode:
        """The node of a directory, made with all above it if it is not there yet."""
        node = self.root
        for part in name.split(b"/"):
            if not part:
                continue
            if node.children is None:
                node.children = {}
            child = node.children.get(part)
            if child is None:
                self.implied += 1
                if self.implied > self._most_implied:
                    raise OverLimitError(
                        f"names imply more than {self._most_implied} directories in dive's tree"
                    )
                child = node.children[part] = DiveNode()
            node = child
        return node


def leaves(tree: DiveTree) -> Iterator[tuple[bytes, DiveNode]]:
    """The names without children, each with its node, in dive's order: depth first, by name."""
    root = tree.root
    pending = [(b"", root)]
    while pending:
        name, node = pending.pop()
        if node.children:
            children = node.children
            pending += [(key, children[key]) for key in sorted(children, reverse=True)]
        elif node is not root:
            yield name, node


def rows_in_order(tree: DiveTree) -> Iterator[int]:
    """The row of every name, children before their parent and by name; `NO_ROW` where none is."""
    # Taken parent first and last name first, the order is the reverse of dive's.
    pending = [tree.root]
    order = []
    while pending:
        node = pending.pop()
        order.append(node.row)
        if node.children:
            children = node.children
            pending += [children[key] for key in sorted(children)]
    order.reverse()
    return iter(order[:-1])


def seen_path(name: bytes, node: DiveNode) -> bytes:
    """The absolute path that dive names a leaf by; of a whiteout what it hides."""
    path = node.path if node.path.startswith(b"/") else b"/" + node.path
    if name.startswith(WHITEOUT):
        return path[: len(path) - len(name)] + name[len(WHITEOUT) :]
    return path


def go_clean(name: bytes) -> bytes:
    """A name as Go's `path.Clean` gives it: no `.`, no `//`, `..` only where it leads out.

    >>> [go_clean(name) for name in (b"./a//b/", b"a/../../b", b"/../a", b"")]
    [b'a/b', b'../b', b'/a', b'.']
    """
    rooted = name.startswith(b"/")
    parts: list[bytes] = []
    for part in name.split(b"/"):
        if part in (b"", b"."):
            continue
        if part != b".." or (not rooted and (not parts or parts[-1] == b"..")):
            parts.append(part)
        elif parts:
            parts.pop()
    path = b"/".join(parts)
    return b"/" + path if rooted else path or b"."
