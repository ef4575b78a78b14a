"""Top-down look-up in one image: what a path leads to, and what became of every version of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.errors import NoSuchEntryError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.analysis.glob import Glob
    from layerscope.files.squash import Squashed

LINKS_FOLLOWED = 40
"""As many symbolic links as Linux follows in one path."""

PATH_BYTES = 4096
"""The longest path and the longest link target that Linux follows."""

State = Literal["visible", "linked", "hidden", "whiteout", "opaque", "absent"]
Cause = Literal[
    "overwritten",
    "deleted",
    "opaque",
    "type-changed",
    "metadata-only",
    "repeated-layer",
    "same-layer",
]

_MARKERS: dict[str, State] = {"whiteout": "whiteout", "opaque": "opaque"}


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version of a path.

    Attributes:
        path: Where a container meets it: through no symbolic link.
        row: Global row of the squashed tree; -1 - layer for a directory that no entry describes.
        state: `visible` in the finished image; `linked` where its own name is hidden and another
            name of its file is visible; `hidden`; `whiteout` and `opaque` for markers, which are in
            no tree; `absent` for an entry that cannot be unpacked.
        cause: Why its name is hidden; None if it is not.
        hidden_by: Global row of the entry that took its name; None if none did.
        visible_as: The visible name of a `linked` one.
    """

    path: bytes
    row: int
    state: State
    cause: Cause | None = None
    hidden_by: int | None = None
    visible_as: bytes | None = None


def resolve(tree: Squashed, path: bytes, *, follow: bool = True) -> bytes:
    """The path without symbolic links that a process in a container gets to.

    Args:
        tree: The finished image.
        path: Counts from the root, absolute or not.
        follow: Whether a symbolic link at the very end is followed too; one that is followed by a
            slash always is.

    Raises: `NoSuchEntryError` if there is nothing, more than `LINKS_FOLLOWED` links are on the way,
        or something on it is no directory. Its message says where the links led.
        Source: path_resolution(7) of Linux.
    """
    # Parts that are still to be walked, the next one last; below the root there is no way up.
    ahead = path.split(b"/")[::-1]
    follow = follow or path.endswith((b"/", b"/.", b"/.."))
    here = b""
    links = 0
    while ahead:
        part = ahead.pop()
        if part in (b"", b"."):
            continue
        if part == b"..":
            here = here.rpartition(b"/")[0]
            continue
        there = here + b"/" + part
        row = tree.rows.get(there)
        if row is None or len(there) > PATH_BYTES:
            raise _nothing(path, there)
        target = _link_target(tree, row)
        rest = any(part not in (b"", b".") for part in ahead)
        if target is not None and (rest or follow):
            links += 1
            if links > LINKS_FOLLOWED or len(target) > PATH_BYTES:
                raise NoSuchEntryError(f"{shown(path)} leads through too many symbolic links")
            here = b"" if target.startswith(b"/") else here
            ahead.extend(target.split(b"/")[::-1])
            continue
        if rest and kind_of(tree, row) != "dir":
            raise NoSuchEntryError(f"{_on_the_way(path, there)} is a {kind_of(tree, row)}")
        here = there
    return here or b"/"


def kind_of(tree: Squashed, row: int) -> str:
    """What the entry of a row is; of a hard link, what it is a name of."""
    return "dir" if row < 0 else tree.kind(tree.inode(row))


def _link_target(tree: Squashed, row: int) -> bytes | None:
    """Where a symbolic link points; None if the row is none."""
    if row < 0:
        return None
    inode = tree.inode(row)
    if tree.kind(inode) != "symlink":
        return None
    layer, position = tree.place(inode)
    return tree.layers[layer].links.get(position)


def _nothing(path: bytes, there: bytes) -> NoSuchEntryError:
    return NoSuchEntryError(f"no {_on_the_way(path, there)}")


def _on_the_way(path: bytes, there: bytes) -> str:
    """A place, and the path that led there if it does not say so itself."""
    asked = b"/" + path.strip(b"/")
    if asked == there or asked.startswith(there + b"/"):
        return shown(there)
    return f"{shown(there)}, where {shown(path)} leads"


def first_names(tree: Squashed) -> dict[int, bytes]:
    """For each inode that hard links name, the one visible path that stands for the file.

    It is the inode's own path if that is still its name, else the first of the visible links. An
    inode without a visible name is not there.
    """
    own: set[int] = set()
    names: dict[int, bytes] = {}
    for row, inode in tree.inodes.items():
        if inode in own:
            continue
        path = tree.path_of(inode)
        if tree.rows.get(path) == inode:
            own.add(inode)
            names[inode] = path
            continue
        path = tree.path_of(row)
        if tree.rows.get(path) == row:
            names[inode] = min(names.get(inode, path), path)
    return names


class Versions:
    """Every version of every path of one image.

    Args:
        tree: The finished image, with what lost its name on the way.
        diff_ids: Of its layers, to tell a layer that was applied twice; None where not known.
    """

    def __init__(self, tree: Squashed, diff_ids: Sequence[object]) -> None:
        self._tree = tree
        self._diff_ids = diff_ids
        self._names = first_names(tree)

    def matching(self, glob: Glob) -> list[Version]:
        """The versions of all paths that match, by path, top layer and last entry first.

        An entry matches by the path that it has in a container and by the one that it is stored
        under, where a symbolic link is on the way. A pattern that leads through one itself is also
        looked for where that leads.
        """
        globs = [glob, *self._behind_links(glob)]
        found: set[int] = set()
        for one in globs:
            found.update(self._rows(one))
        tree = self._tree
        versions = [self._version(row) for row in found]
        implied = [(path, row) for path, row in tree.rows.items() if row < 0]
        directories: dict[bytes, int] = {}
        for one in globs:
            hits = one.matches([path for path, _ in implied])
            directories.update(implied[position] for position in hits)
        versions += [Version(path, row, "visible") for path, row in directories.items()]
        return sorted(versions, key=lambda one: (one.path, -one.row))

    def _behind_links(self, glob: Glob) -> Iterator[Glob]:
        try:
            real = resolve(self._tree, glob.folder)
        except NoSuchEntryError:
            return
        if real != glob.folder:
            yield glob.moved(real)

    def _rows(self, glob: Glob) -> Iterator[int]:
        tree = self._tree
        for start, paths in zip(tree.starts, tree.paths, strict=False):
            for position in glob.matches(paths):
                yield start + position
        redirected = list(tree.redirected.items())
        for place in glob.matches([path for _, path in redirected]):
            yield redirected[place][0]

    def _version(self, row: int) -> Version:
        tree = self._tree
        path, kind = tree.path_of(row), tree.kind(row)
        if kind in _MARKERS:
            return Version(path, row, _MARKERS[kind])
        if tree.rows.get(path) == row:
            return Version(path, row, "visible")
        by = tree.hidden.get(row)
        if by is None:
            return Version(path, row, "absent")
        name = self._names.get(tree.inode(row))
        return Version(path, row, "linked" if name else "hidden", self.cause(row, by), by, name)

    def cause(self, row: int, by: int) -> Cause:
        """Why `by` took the name of `row`."""
        tree = self._tree
        kind = tree.kind(by)
        if kind == "whiteout":
            return "deleted"
        if kind == "opaque":
            return "opaque"
        layer, upper = tree.place(row)[0], tree.place(by)[0]
        if layer == upper:
            return "same-layer"
        if tree.path_of(row) != tree.path_of(by) or kind_of(tree, row) != kind_of(tree, by):
            return "type-changed"
        known = self._diff_ids[layer]
        if known is not None and known == self._diff_ids[upper]:
            return "repeated-layer"
        return "metadata-only" if self._same_content(row, by) else "overwritten"

    def _same_content(self, row: int, by: int) -> bool:
        tree = self._tree
        kind = kind_of(tree, row)
        if kind == "dir":
            return True
        if kind == "symlink":
            return _link_target(tree, row) == _link_target(tree, by)
        content = tree.content(tree.inode(row))
        return content is not None and content == tree.content(tree.inode(by))
