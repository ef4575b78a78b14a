"""A tree of files held in memory: contexts of measured cases, data images, tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.filetree import FileNode, walked
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

DIRECTORY = FileNode("dir", 0o755)


class MemoryTree:
    """A `FileTree` of given nodes; parents that are not listed are directories 0755, owner 0:0.

    >>> tree = MemoryTree({"a/b": FileNode("file", 0o644, size=2)}, {"a/b": b"hi"})
    >>> tree.children(""), tree.read("a/b")
    (('a',), b'hi')
    """

    def __init__(
        self,
        nodes: Mapping[str, FileNode],
        contents: Mapping[str, bytes],
        digests: Mapping[str, bytes] | None = None,
        hard_links: Iterable[Collection[str]] = (),
    ) -> None:
        """`nodes` by path; `contents` has the bytes of every regular file among them.

        None of the paths may be `out_of_place`, so who takes them from elsewhere looks first.
        `digests` may stand for contents that nobody has, as in the record of a build. Each of
        `hard_links` are the paths of one file; those that are not in `nodes` do not count.
        """
        self._first_names: dict[str, str] = {}
        for names_of_one in hard_links:
            known = [path for path in names_of_one if path in nodes]
            first = min(known, key=_in_walk_order, default="")
            self._first_names.update(dict.fromkeys(known, first))
        self._digests = dict(digests or {})
        self._nodes: dict[str, FileNode] = {"": nodes.get("", DIRECTORY)}
        self._contents = dict(contents)
        names: dict[str, list[str]] = {"": []}
        for path in sorted(nodes):
            self._add(path, nodes[path], names)
        self._names = {
            path: tuple(sorted(children, key=_as_bytes)) for path, children in names.items()
        }

    def _add(self, path: str, node: FileNode, names: dict[str, list[str]]) -> None:
        if not path:
            return
        parent = ""
        parts = path.split("/")
        for part in parts[:-1]:
            inner = f"{parent}/{part}" if parent else part
            if inner not in self._nodes:
                self._nodes[inner] = DIRECTORY
                names[inner] = []
                names[parent].append(part)
            parent = inner
        if path not in self._nodes:
            names[parent].append(parts[-1])
        self._nodes[path] = node
        if node.kind == "dir":
            names.setdefault(path, [])

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        return self._nodes.get(path)

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        return self._names.get(path, ())

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        return walked(self, path)

    def digest(self, path: str) -> bytes:
        """BLAKE3 of the file's bytes, as all trees of files give it."""
        digest = self._digests.get(path)
        if digest is None:
            from blake3 import blake3  # noqa: PLC0415 - only who compares contents pays for it

            digest = self._digests[path] = blake3(self.read(path)).digest()
        return digest

    def first_name(self, path: str) -> str:
        """The first path, in the order of a walk, that names the same file."""
        return self._first_names.get(path, path)

    def hard_links(self) -> list[list[str]]:
        """The paths of each file that has several."""
        groups: dict[str, list[str]] = {}
        for path, first in self._first_names.items():
            groups.setdefault(first, []).append(path)
        return list(groups.values())

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        content = self._contents.get(path)
        if content is None:
            problem = f"no regular file {shown(path)} in this tree"
            raise UnreadableInputError(problem)
        return content


def out_of_place(nodes: Mapping[str, FileNode]) -> str | None:
    """The first path of a list of files that lies below something that is no directory, if any.

    >>> out_of_place({"a": FileNode("file"), "a/b": FileNode("file")})
    'a/b'
    """
    if nodes.get("", DIRECTORY).kind != "dir":
        return ""
    known: set[str] = set()
    for path in sorted(nodes):
        above = path.rpartition("/")[0]
        while above and above not in known:
            if nodes.get(above, DIRECTORY).kind != "dir":
                return path
            known.add(above)
            above = above.rpartition("/")[0]
    return None


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _in_walk_order(path: str) -> list[bytes]:
    return [_as_bytes(part) for part in path.split("/")]
