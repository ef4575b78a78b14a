"""Content checksums of parts of a tree: what BuildKit compares where definitions do not match.

Not the digests that BuildKit computes, but equal where its are equal and only there: type,
permission bits, owner (where the version has it), size, bytes, link target, device numbers and
extended attributes, never a time. A directory is its own header and, by name, all below it. The
root of a tree has no header of its own.

Source: BuildKit, `cache/contenthash` (`checksum.go`, `tarsum.go`) and
`solver/llbsolver/ops/opsutils/contenthash.go`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, selecting
from layerscope.cache.filetree import FileNode, KeepsValues, members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.definition import Selector
    from layerscope.cache.filetree import FileTree

RULE = "buildkit 1"
"""Names the way checksums of directories are made; another way needs another name."""
MOST_LINKS = 255
LINK_MODE = 0o777
EMPTY = b"empty"
NO_DEVICE = (0, 0)


class MissingPathError(Exception):
    """Nothing is at a path that must be there; `path` is absolute."""

    def __init__(self, path: str) -> None:
        """`path` as the step names it."""
        super().__init__(path)
        self.path = path


class Checksums:
    """The checksums of one tree, each directory's computed once.

    Args:
        tree: The files.
        owners: Do owner and group count?
    """

    def __init__(self, tree: FileTree, *, owners: bool) -> None:
        self.tree = tree
        self._owners = owners
        self._keeper = tree if isinstance(tree, KeepsValues) else None
        self._whose = f"{RULE}, {'with' if owners else 'without'} owners"
        self._directories: dict[str, bytes] = {}
        self._members: dict[str, list[tuple[str, FileNode, bytes]]] = {}
        self._selected: dict[tuple[tuple[Selector, ...], bool], bytes] = {}

    def of(self, selectors: Sequence[Selector], *, whole_paths: bool) -> bytes:
        """One checksum for all that is selected.

        `whole_paths`: wildcard matches are named by their path below the part without wildcards,
        and not by their last component.

        Raises: `MissingPathError`; errors of reading the tree.
        """
        key = (tuple(selectors), whole_paths)
        if key not in self._selected:
            self._selected[key] = digest(
                self._one(selector, whole_paths=whole_paths) for selector in deduped(selectors)
            )
        return self._selected[key]

    def _one(self, selector: Selector, *, whole_paths: bool) -> bytes:
        if selector.plain:
            return self._plain(selector.path, follow=selector.follow)
        if not whole_paths:
            return self._by_last_component(selector)
        found = selecting.selected(self, selector)
        for required in selector.required:
            if not any(each.path.startswith(required) for each in found):
                raise MissingPathError(required)
        records = [self._of_selected(each, follow=selector.follow) for each in found]
        if not records:
            return EMPTY
        if len(found) == 1 and gopath.base(selector.path) == gopath.base(found[0].path):
            return records[0]
        prefix = selecting.literal_prefix(selector)
        return digest(
            part
            for each, record in zip(found, records, strict=True)
            for part in (_encoded(each.path.removeprefix(prefix)), record)
        )

    def _of_selected(self, each: selecting.Selected, *, follow: bool) -> bytes:
        if each.top and follow and each.node.kind == "symlink":
            return self._plain(each.path, follow=True)
        if each.node.kind == "dir":
            return self.header(each.place, each.node)
        return self.file(each.place, each.node)

    def _by_last_component(self, selector: Selector) -> bytes:
        """The older way: each match as a whole, named by its last component."""
        matches = selecting.matches(self.tree, selector.path)
        records = [
            self._plain(f"/{path}", follow=selector.follow and _kind(self.tree, path) == "symlink")
            for path in matches
        ]
        if not records:
            return EMPTY
        names = [gopath.base(path) for path in matches]
        if len(records) == 1 and names[0] == gopath.base(selector.path):
            return records[0]
        return digest(
            part
            for name, record in zip(names, records, strict=True)
            for part in (_encoded(name), record)
        )

    def _plain(self, path: str, *, follow: bool) -> bytes:
        place = self.resolve(path, follow=follow)
        node = None if place is None else self.tree.node(place)
        if place is None or node is None:
            raise MissingPathError(path)
        return self.directory(place) if node.kind == "dir" else self.file(place, node)

    def resolve(self, path: str, *, follow: bool) -> str | None:
        """Where a path leads inside the tree; None if it goes round in circles.

        What is not there is taken as it is spelled. Links never lead out of the tree.
        """
        place = gopath.inside(path)
        node = self.tree.node(place)
        if node is not None and not (follow and node.kind == "symlink"):
            return place
        waiting = place.split("/")[::-1]
        here: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part in {"", "."}:
                continue
            if part == "..":
                del here[-1:]
                continue
            here.append(part)
            node = self.tree.node("/".join(here))
            if node is None or node.kind != "symlink" or not (follow or waiting):
                continue
            links += 1
            if links > MOST_LINKS:
                return None
            here = [] if node.link.startswith("/") else here[:-1]
            waiting.extend(node.link.split("/")[::-1])
        return "/".join(here)

    def directory(self, top: str) -> bytes:
        """The checksum of a directory with all below it."""
        known = self._directories
        waiting = [top]
        while waiting:
            path = waiting[-1]
            if path in known or self._take_kept(path):
                waiting.pop()
                continue
            missing, parts = self._listed(path)
            if missing:
                waiting.extend(missing)
                continue
            known[path] = digest(parts)
            if self._keeper is not None:
                self._keeper.keep(path, self._whose, known[path])
            waiting.pop()
        return known[top]

    def _take_kept(self, path: str) -> bool:
        """Is the checksum of a directory kept, from an earlier run or for a tree like this one?"""
        if self._keeper is None:
            return False
        kept = self._keeper.kept(path, self._whose)
        if kept is not None:
            self._directories[path] = kept
        return kept is not None

    def _listed(self, path: str) -> tuple[list[str], list[bytes]]:
        """Directories below `path` that must come first, and the parts of its checksum."""
        prefix = f"{path}/" if path else ""
        own = self.tree.node(path)
        parts = [self.header(path, own) if own is not None else b""]
        missing: list[str] = []
        found = self._members.pop(path, None)
        if found is None:
            found = list(members(self.tree, path))
        for name, node, content in found:
            if node.kind == "dir":
                record = self._directories.get(prefix + name)
                if record is None:
                    missing.append(prefix + name)
                    continue
            else:
                record = self.record(prefix + name, node, content)
            parts += (name.encode("utf-8", "surrogateescape"), record)
        if missing:
            # What lies in it is not asked for a second time.
            self._members[path] = found
        return missing, parts

    def header(self, path: str, node: FileNode) -> bytes:
        """What counts of a file apart from its name, its bytes and what is below it."""
        if not path:
            return b"root"
        mode = LINK_MODE if node.kind == "symlink" else node.mode
        owner = f"{node.uid}:{node.gid}" if self._owners else "0:0"
        link = node.link
        text = f"{node.kind} {mode:o} {owner} {node.size} {len(link)} {link} "
        head = text.encode("utf-8", "surrogateescape")
        if node.device != NO_DEVICE:
            head += repr(node.device).encode()
        xattrs = counted_xattrs(node) if node.xattrs else ()
        return head + repr(xattrs).encode() if xattrs else head

    def file(self, path: str, node: FileNode) -> bytes:
        """The checksum of what is no directory, without its name."""
        return self.record(path, node, self.tree.digest(path) if node.kind == "file" else b"")

    def record(self, path: str, node: FileNode, content: bytes) -> bytes:
        """The same, of a file whose digest is known."""
        head = self.header(path, node)
        return head + b"\0" + content if node.kind == "file" else head

    def comparable(self, other: Checksums) -> bool:
        """Do the checksums of both follow the same rules?"""
        return self._whose == other._whose

    def entries(self, path: str) -> dict[str, tuple[FileNode, bytes]]:
        """What lies directly in a directory, as compared, by place; and its own header."""
        prefix = f"{path}/" if path else ""
        own = self.tree.node(path)
        found = {path: (self.compared(own), b"")} if path and own is not None else {}
        for name, node, content in members(self.tree, path):
            found[prefix + name] = (self.compared(node), content)
        return found

    def all_below(self, path: str) -> dict[str, tuple[FileNode, bytes]]:
        """All below a directory, as compared."""
        return {
            place: (self.compared(node), self.tree.digest(place) if node.kind == "file" else b"")
            for place, node in self.tree.walk(path)
        }

    def compared(self, node: FileNode) -> FileNode:
        """The node with all that is not compared at its default."""
        return replace(
            node,
            uid=node.uid if self._owners else 0,
            gid=node.gid if self._owners else 0,
            mode=LINK_MODE if node.kind == "symlink" else node.mode,
            xattrs=counted_xattrs(node),
            mtime_ns=0,
        )


def counted_xattrs(node: FileNode) -> tuple[tuple[str, bytes], ...]:
    """The extended attributes that count."""
    return tuple(
        (name, value)
        for name, value in node.xattrs
        if name == "security.capability" or not name.startswith(("security.", "system."))
    )


def deduped(selectors: Sequence[Selector]) -> list[Selector]:
    """The selectors without plain paths that lie inside of others, sorted by path."""
    plain = {selector for selector in selectors if selector.plain}
    kept = [selector for selector in selectors if not selector.plain]
    paths = {(selector.path, selector.follow) for selector in plain}
    kept.extend(
        selector
        for selector in plain
        if not any((above, selector.follow) in paths for above in _above(selector.path))
    )
    return sorted(kept, key=lambda selector: (selector.path, selector.follow))


def _above(path: str) -> Iterator[str]:
    while path not in {"/", ""}:
        path = path.rpartition("/")[0] or "/"
        yield path


def digest(parts: Iterator[bytes] | list[bytes]) -> bytes:
    """One digest of several parts; where one ends and the next begins counts."""
    from blake3 import blake3  # noqa: PLC0415 - only who compares contents pays for it

    listed = list(parts)
    # The lengths say where one part ends and the next begins.
    lengths = " ".join([str(len(part)) for part in listed])
    return blake3(lengths.encode() + b"\0" + b"".join(listed)).digest()


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _kind(tree: FileTree, path: str) -> str:
    node = tree.node(path)
    return "" if node is None else node.kind
