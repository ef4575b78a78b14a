"""What COPY and ADD of the classic builder hash.

A file's hash covers its path, mode, owner, size, kind, links, file capabilities and content. Links
are followed wherever they stand, so a link counts as what it points to.

Source: docker 20.10, `builder/dockerfile/copy.go`, `builder/remotecontext` and `pkg/tarsum`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from layerscope.cache.builders.hard_links import first_name
from layerscope.cache.builders.ignored_directories import nothing_ignored
from layerscope.cache.builders.source_paths import Pattern, has_wildcards, resolved
from layerscope.cache.filetree import FileNode
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layerscope.cache.filetree import FileTree

CAPABILITIES = "security.capability"
Entries = dict[str, tuple[FileNode, bytes]]


@dataclass(frozen=True, slots=True)
class Source:
    """One file or directory that a source names.

    Attributes:
        path: As the builder looks it up.
        target: Where that leads when links are followed.
        node: What is there.
        value: What is compared.
        entries: The files, as compared.
    """

    path: str
    target: str
    node: FileNode
    value: tuple[str, bytes]
    entries: Entries


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that sources are looked up in: the build context, or an image's.

    What was worked out once is kept, since many stages copy the same directories.
    """

    tree: FileTree
    of_image: bool
    hidden: Callable[[str], bool] = nothing_ignored
    _done: dict[str, Source] = field(default_factory=dict, compare=False, repr=False)

    def named(self, source: str) -> Iterator[Source]:
        """What one source stands for, in the order of a walk.

        Raises: `DockerfileError` if it is not there or leads out.
        """
        path = source.removeprefix("/").removeprefix("./")
        if not has_wildcards(path):
            yield self._one(path)
            return
        for match in Pattern(path).found(self.tree):
            yield self._one(match)

    def _one(self, path: str) -> Source:
        if path not in self._done:
            self._done[path] = self._looked_up(path)
        return self._done[path]

    def _looked_up(self, path: str) -> Source:
        if _leads_out(path):
            problem = f"forbidden path outside the build context: {shown(path)} ()"
            raise DockerfileError(problem)
        target = resolved(self.tree, path)
        node = None if target is None else self.tree.node(target)
        if node is None or target is None:
            raise DockerfileError(self._missing(path))
        entries: Entries = {}
        if node.kind != "dir":
            return Source(path, target, node, ("file", self._file(path, entries)), entries)
        # The root itself is not hashed.
        hashes = [self._there(target, target, node, entries)] if target else []
        for below, found in self.tree.walk(target):
            if found.kind == "symlink":
                hashes.append(self._file(below, entries))
            else:
                hashes.append(self._there(below, below, found, entries))
        digest = sha256(b"".join(sorted(hashes))).digest()
        return Source(path, target, node, ("dir", digest), entries)

    def _missing(self, path: str) -> str:
        problem = f"stat {shown(path)}: file does not exist"
        if self.of_image:
            return problem
        return f"file not found in build context or excluded by .dockerignore: {problem}"

    def _file(self, path: str, entries: Entries) -> bytes:
        """The hash of what a path leads to."""
        target = resolved(self.tree, path)
        node = None if target is None else self.tree.node(target)
        if node is not None and target is not None:
            return self._there(path, target, node, entries)
        # A link that leads nowhere counts by a name only.
        link = self.tree.node(path) or FileNode("symlink")
        entries[path] = (FileNode("symlink", link=link.link if self.of_image else ""), b"")
        return _name_only((target or path) if self.of_image else path)

    def _there(self, path: str, target: str, node: FileNode, entries: Entries) -> bytes:
        """The hash of what is at `target`, where `path` leads."""
        if node.kind == "dir" and self.hidden(target):
            # It was not sent: only what is in it was.
            return _name_only(path)
        is_file = node.kind == "file"
        first = first_name(self.tree, target) if is_file and not self.of_image else target
        # A second name of a file is sent as a link, without the content.
        linked = first != target
        content = self.tree.digest(target) if is_file and node.size and not linked else b""
        compared = FileNode(
            node.kind,
            node.mode,
            node.uid if self.of_image else 0,
            node.gid if self.of_image else 0,
            0 if linked else node.size,
            node.link,
            tuple(pair for pair in node.xattrs if pair[0] == CAPABILITIES),
            device=node.device,
        )
        entries[target] = (compared, content)
        header = (
            f"{target}\0{first}\0{compared.kind}\0{compared.mode}\0{compared.uid}\0{compared.gid}"
            f"\0{compared.size}\0{compared.link}\0{compared.device}\0{compared.xattrs}\0"
        )
        return sha256(header.encode("utf-8", "surrogateescape") + content).digest()


def _name_only(name: str) -> bytes:
    return sha256(f"nothing {name}".encode("utf-8", "surrogateescape")).digest()


def _leads_out(path: str) -> bool:
    depth = 0
    for part in path.split("/"):
        if part == "..":
            depth -= 1
        elif part not in {"", "."}:
            depth += 1
        if depth < 0:
            return True
    return False


def url_value(name: str, content: bytes) -> tuple[str, bytes]:
    """What is compared of a file fetched from a URL: its name and content."""
    return ("", sha256(name.encode(errors="surrogateescape") + b"\0" + content).digest())
