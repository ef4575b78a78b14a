"""What is known of the files of an image that a build makes step by step.

A command may change anything, so all that lies below it is unknown, and known only by which run
made it (`Origin`). What COPY and ADD put on top of that is known again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from layerscope.cache.builders.content_known import NO_BUILD, Unknown
from layerscope.cache.builders.overlay import Overlay
from layerscope.cache.filetree import FileNode, walked
from layerscope.errors import DockerfileError, UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from layerscope.cache.filetree import FileTree

DIRECTORY = FileNode("dir", 0o755)
MOST_PATH_BYTES = 4096
"""What Linux takes for one path: no builder can make a longer one."""

# Where an image's files are not known, these directories are taken to be there: small images have
# them too, unlike /opt or /srv.
COMMON_DIRECTORIES = frozenset(
    [
        "bin",
        "dev",
        "etc",
        "home",
        "proc",
        "root",
        "sys",
        "tmp",
        "usr",
        "usr/bin",
        "usr/local",
        "usr/local/bin",
        "usr/share",
        "usr/src",
        "var",
        "var/cache",
        "var/lib",
        "var/log",
    ]
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where files that no COPY put there come from.

    Attributes:
        name: Equal names, equal files.
        build: Number of the build that ran the command; `NO_BUILD` for images from outside.
        tree: The files, where they are known.
        users: User name to (uid, gid), where the user database is known.
        groups: Group name to gid, likewise.
        settled: Has no command run since, which may have added users?
    """

    name: Hashable
    build: int = NO_BUILD
    tree: FileTree | None = None
    users: Mapping[str, tuple[int, int]] | None = None
    groups: Mapping[str, int] | None = None
    settled: bool = True


def flat_name(*parts: object) -> str:
    """A name made of other names, not nested, so that it can be compared however long it took."""
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Made:
    """Which run of which command made a file; equal names, equal files."""

    name: Hashable
    build: int


@dataclass(frozen=True, slots=True)
class Placed:
    """A file that a step put into the image, and where its bytes are.

    `made` is set if only a command knows what it holds.
    """

    node: FileNode
    tree: FileTree | None = None
    path: str = ""
    made: Made | None = None


class PlacedTree:
    """A `FileTree` of placed files; parents that are not among them are directories 0755."""

    def __init__(self, placed: Mapping[str, Placed]) -> None:
        """`placed` by path."""
        self._placed: dict[str, Placed] = {"": Placed(DIRECTORY), **placed}
        names: dict[str, set[str]] = {"": set()}
        for path in placed:
            here = path
            while here:
                parent, _, name = here.rpartition("/")
                self._placed.setdefault(here, Placed(DIRECTORY))
                known = name in names.setdefault(parent, set())
                names[parent].add(name)
                if known:
                    break
                here = parent
        self._names = {path: tuple(sorted(found, key=as_bytes)) for path, found in names.items()}

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        placed = self._placed.get(path)
        return None if placed is None else placed.node

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        return self._names.get(path, ())

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        return walked(self, path)

    def digest(self, path: str) -> bytes:
        """Digest of the content, asked of the tree that the file came from."""
        placed = self._source(path)
        assert placed.tree is not None  # noqa: S101 - _source raises where there is none
        return placed.tree.digest(placed.path)

    def read(self, path: str) -> bytes:
        """The content, asked of the tree that the file came from."""
        placed = self._source(path)
        assert placed.tree is not None  # noqa: S101 - _source raises where there is none
        return placed.tree.read(placed.path)

    def _source(self, path: str) -> Placed:
        placed = self._placed.get(path)
        if placed is None or placed.tree is None:
            problem = f"no regular file {shown(path)} in this tree"
            raise UnreadableInputError(problem)
        return placed


@dataclass(frozen=True, slots=True)
class Rootfs:
    """The files of one image.

    Attributes:
        origin: What lies below.
        placed: What was put on top since, by path.
        directories: Paths that are directories, however they came to be.
        makes_directories: Are directories among `placed`?
    """

    origin: Origin
    placed: Overlay[Placed] = field(default_factory=Overlay)
    directories: frozenset[str] = frozenset()
    makes_directories: bool = False
    _trees: list[PlacedTree] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def complete(self) -> bool:
        """Is every file known?"""
        return self.origin.tree is not None

    def tree(self) -> PlacedTree:
        """All files that are known, put together when somebody first asks."""
        if not self._trees:
            below: dict[str, Placed] = {}
            if self.origin.tree is not None:
                tree = self.origin.tree
                below = {path: Placed(node, tree, path) for path, node in tree.walk()}
            self._trees.append(PlacedTree({**below, **self.placed.as_dict()}))
        return self._trees[0]

    def known_file(self, path: str) -> bool:
        """Is there a regular file at `path` whose content is known?"""
        placed = self.placed.get(path)
        return placed is not None and placed.node.kind == "file" and placed.made is None

    def unknown(self, path: str, pattern: str = "") -> Unknown:
        """What is taken of `path` (or of all that fits `pattern`, below `path`)."""
        prefix = f"{path}/" if path else ""
        found = sorted(
            (name, file)
            for name, file in self.placed.as_dict().items()
            if name == path or name.startswith(prefix)
        )
        marks = [file.made for _, file in found if file.made is not None]
        origins = [mark.name for mark in marks]
        builds = [mark.build for mark in marks]
        if len(found) != 1 or found[0][0] != path or not marks:
            # Something that no COPY put there counts too.
            origins.append(self.origin.name)
            builds.append(self.origin.build)
        beside = tuple(
            (name, file.node, _digest(file)) if file.made is None else (name, file.node)
            for name, file in found
        )
        return Unknown(tuple(origins), max(builds), pattern or path, beside)

    def with_files(self, files: Mapping[str, Placed]) -> Rootfs:
        """These files put on top. Raises: `DockerfileError` for a path that is too long."""
        parents: set[str] = set()
        makes = self.makes_directories
        for path, file in files.items():
            if len(path) >= MOST_PATH_BYTES:
                problem = f"{shown('/' + path)}: file name too long"
                raise DockerfileError(problem)
            is_directory = file.node.kind == "dir"
            makes = makes or is_directory
            _add_with_parents(parents, path if is_directory else path.rpartition("/")[0])
        more = parents - self.directories
        directories = self.directories | more if more else self.directories
        return Rootfs(self.origin, self.placed.with_values(files), directories, makes)

    def with_directory(self, path: str) -> Rootfs:
        """A directory made, if it was not there."""
        if not path or self.is_directory(path):
            return self
        return self.with_files({path: Placed(DIRECTORY)})

    def after_command(self, origin: Origin) -> Rootfs:
        """A command ran. Files that were copied before are presumed to be as they were."""
        if not self.makes_directories:
            return Rootfs(origin, self.placed, self.directories)
        placed = self.placed.as_dict()
        kept = {path: file for path, file in placed.items() if file.node.kind != "dir"}
        return Rootfs(origin, Overlay(kept), self.directories)

    def after_unknown(self, origin: Origin, below: str) -> Rootfs:
        """Something unknown was put at or below `below`."""
        prefix = f"{below}/" if below else ""
        placed = self.placed.as_dict()
        kept = {
            path: file
            for path, file in placed.items()
            if path != below and not path.startswith(prefix)
        }
        # What stays the same is shared with the step before.
        files = self.placed if len(kept) == len(placed) else Overlay(kept)
        return Rootfs(origin, files, self.directories, self.makes_directories)

    def with_made(self, paths: Iterable[str]) -> Rootfs:
        """Directories that a command is known to make."""
        return replace(self, directories=self.directories | frozenset(paths))

    def is_directory(self, path: str) -> bool:
        """Is there a directory at `path`, as far as is known?"""
        if not path or path in self.directories:
            return True
        placed = self.placed.get(path)
        if placed is not None:
            return placed.node.kind == "dir"
        if self.origin.tree is not None:
            node = self.origin.tree.node(path)
            return node is not None and node.kind == "dir"
        return path in COMMON_DIRECTORIES


def _add_with_parents(known: set[str], path: str) -> None:
    while path and path not in known:
        known.add(path)
        path = path.rpartition("/")[0]


def _digest(file: Placed) -> bytes:
    if file.tree is None or file.node.kind != "file":
        return b""
    return file.tree.digest(file.path)


def as_bytes(name: str) -> bytes:
    """A path as the bytes it has on disk."""
    return name.encode("utf-8", "surrogateescape")
