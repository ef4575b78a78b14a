"""What COPY and ADD of the classic builder hash.

A file's hash covers its path, mode, owner, size, kind, links, file capabilities and content. Links
are followed wherever they stand, so a link counts as what it points to.

Source: docker 20.10, `builder/dockerfile/copy.go`, `builder/remotecontext` and `pkg/tarsum`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
    entries: dict[str, tuple[FileNode, bytes]]


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that sources are looked up in: the build context, or an image's."""

    tree: FileTree
    of_image: bool
    hidden: Callable[[str], bool] = nothing_ignored

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
        if _leads_out(path):
            problem = f"forbidden path outside the build context: {shown(path)} ()"
            raise DockerfileError(problem)
        target = resolved(self.tree, path)
        node = None if target is None else self.tree.node(target)
        if node is None or target is None:
            raise DockerfileError(self._missing(path))
        if node.kind != "dir":
            value, entries = self._file(path)
            return Source(path, target, node, ("file", value), entries)
        hashes = []
        entries = {}
        for below in self._directory(target, node):
            value, own = self._file(below)
            hashes.append(value)
            entries.update(own)
        digest = sha256(b"".join(sorted(hashes))).digest()
        return Source(path, target, node, ("dir", digest), entries)

    def _missing(self, path: str) -> str:
        problem = f"stat {shown(path)}: file does not exist"
        if self.of_image:
            return problem
        return f"file not found in build context or excluded by .dockerignore: {problem}"

    def _directory(self, path: str, node: FileNode) -> Iterator[str]:
        """The directory and all below it; the root itself is not hashed."""
        if path and node.kind == "dir":
            yield path
        for below, _ in self.tree.walk(path):
            yield below

    def _file(self, path: str) -> tuple[bytes, dict[str, tuple[FileNode, bytes]]]:
        """The hash of one path, and the entry that it is of."""
        target = resolved(self.tree, path)
        node = None if target is None else self.tree.node(target)
        if node is None or target is None:
            # A link that leads nowhere counts by a name only.
            name = (target or path) if self.of_image else path
            link = self.tree.node(path) or FileNode("symlink")
            return sha256(f"nothing {name}".encode(errors="surrogateescape")).digest(), {
                path: (FileNode("symlink", link=link.link if self.of_image else ""), b"")
            }
        if node.kind == "dir" and self.hidden(target):
            # It was not sent: only what is in it was.
            return sha256(f"nothing {path}".encode(errors="surrogateescape")).digest(), {}
        compared = self._compared(node)
        content = self.tree.digest(target) if node.kind == "file" and node.size else b""
        first = target if self.of_image or node.kind != "file" else first_name(self.tree, target)
        if first != target:
            # A second name of a file is sent as a link, without the content.
            compared, content = replace(compared, size=0), b""
        header = repr((target, compared, first)).encode(errors="surrogatepass")
        return sha256(header + b"\0" + content).digest(), {target: (compared, content)}

    def _compared(self, node: FileNode) -> FileNode:
        kept = tuple(pair for pair in node.xattrs if pair[0] == CAPABILITIES)
        if self.of_image:
            return replace(node, xattrs=kept, mtime_ns=0)
        return replace(node, xattrs=kept, mtime_ns=0, uid=0, gid=0)


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
