"""What COPY and ADD of buildah digest: the entries as they are written into the image.

Source: buildah 1.28, `add.go`, `copier/copier.go` and `digester.go`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from layerscope.cache.builders.archive import is_archive, members
from layerscope.cache.builders.hard_links import first_name
from layerscope.cache.builders.source_paths import Pattern, joined, resolved
from layerscope.cache.filetree import FileNode
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from layerscope.cache.builders.owner_names import OwnerNames
    from layerscope.cache.builders.placing import Placement
    from layerscope.cache.filetree import FileTree

PATTERN_CHARACTERS = frozenset("*?[\\")
KEPT_XATTRS = ("security.capability", "security.ima")
Entries = dict[str, tuple["FileNode", bytes]]


@dataclass(frozen=True, slots=True)
class Match:
    """One file or directory that a source names.

    Attributes:
        path: As found.
        target: Where that leads, if it is a link.
        node: What is there.
        archive: Is it a local archive that is unpacked?
    """

    path: str
    target: str
    node: FileNode
    archive: bool


def matches(tree: FileTree, source: str, *, unpacks: bool) -> list[Match]:
    """What one source stands for. Raises: `DockerfileError` if it is not there."""
    # What leads out of the folder is cut off at its top.
    path = joined(source)
    if PATTERN_CHARACTERS.isdisjoint(path):
        below = resolved(tree, path, last=False)
        found = [] if below is None or tree.node(below) is None else [below]
    else:
        found = list(Pattern(path).found(tree, through_links=True))
    if not found:
        name = shown(f"/{path}")
        problem = f"checking on sources: copier: stat: {name}: no such file or directory"
        raise DockerfileError(problem)
    return [_match(tree, each, unpacks=unpacks) for each in found]


def _match(tree: FileTree, path: str, *, unpacks: bool) -> Match:
    target = resolved(tree, path)
    node = None if target is None else tree.node(target)
    if target is None or node is None:
        problem = f"copier: get: lstat {shown('/' + path)}: no such file or directory"
        raise DockerfileError(problem)
    return Match(path, target, node, unpacks and is_archive(tree, target))


@dataclass(frozen=True, slots=True)
class Digester:
    """How entries are written: whose they become, and what their owners are called where they lie.

    Attributes:
        tree: Where the files lie.
        names: Of owners there.
        placement: Owner, mode and bits that are taken off.
        hidden: Is this directory ignored, though something in it is not?
    """

    tree: FileTree
    names: OwnerNames
    placement: Placement
    hidden: Callable[[str], bool]

    def value(self, match: Match, name: str) -> tuple[tuple[str, bytes], Entries]:
        """What is compared of one source, and its entries; `name` is that of a file."""
        if match.archive:
            return self._unpacked(match)
        if match.node.kind != "dir":
            entry = self._entry(match.target, match.node, None)
            return ("file", _digest([(name, *entry)])), {name: _shown(entry)}
        entries: Entries = {}
        value = _digest(self._directory(match.target, entries))
        return ("dir", value), entries

    def _directory(self, path: str, entries: Entries) -> Iterator[tuple[object, ...]]:
        start = len(path) + 1 if path else 0
        seen: dict[str, str] = {}
        for below, node in self.tree.walk(path):
            if node.kind == "dir" and self.hidden(below):
                continue
            name = below[start:]
            linked = None
            if node.kind == "file":
                first = seen.setdefault(first_name(self.tree, below), name)
                linked = first if first != name else None
            entry = self._entry(below, node, linked)
            entries[name] = _shown(entry)
            yield (name, *entry)

    def _entry(
        self, path: str, node: FileNode, linked: str | None
    ) -> tuple[FileNode, bytes, str, str, str | None]:
        """The node as written, its content, the names of its owner, and a hard link's target."""
        user = self.names.users.get(node.uid, "")
        group = self.names.groups.get(node.gid, "")
        placed = self.placement.node(node)
        is_file = node.kind == "file" and linked is None
        written = FileNode(
            placed.kind,
            placed.mode,
            placed.uid,
            placed.gid,
            placed.size if is_file else 0,
            placed.link,
            tuple(
                pair
                for pair in node.xattrs
                if pair[0] in KEPT_XATTRS or pair[0].startswith("user.")
            ),
            device=placed.device,
        )
        return written, self.tree.digest(path) if is_file else b"", user, group, linked

    def _unpacked(self, match: Match) -> tuple[tuple[str, bytes], Entries]:
        found = list(members(self.tree.read(match.target)))
        rows: list[tuple[object, ...]] = [
            (member.name, member.node, member.content, member.rest) for member in found
        ]
        entries = {member.name: (member.node, member.content) for member in found}
        return ("file", _digest(rows)), entries


def _shown(entry: tuple[FileNode, bytes, str, str, str | None]) -> tuple[FileNode, bytes]:
    return entry[0], entry[1]


def _digest(rows: Iterable[tuple[object, ...]]) -> bytes:
    hashing = sha256()
    for row in rows:
        hashing.update(repr(row).encode("utf-8", "surrogatepass") + b"\n")
    return hashing.digest()


def url_value(
    name: str, content: bytes, owner: tuple[int, int], mode: int, modified: str
) -> tuple[str, bytes]:
    """What is compared of a file fetched from a URL."""
    return ("", _digest([(name, content, owner, mode, modified)]))
