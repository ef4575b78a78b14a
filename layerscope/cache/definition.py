"""What a Dockerfile becomes: vertices that take files from one another, and the rows they have.

The words are LLB's: a vertex has an operation and inputs; of each input a part may be selected.
Source: BuildKit, `solver/pb/ops.proto` and `solver/llbsolver/ops`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from layerscope.cache.build import Base
    from layerscope.cache.filetree import FileTree
    from layerscope.cache.step import StepFacts


@dataclass(frozen=True, slots=True)
class Selector:
    """Which files of an input count.

    Attributes:
        path: Absolute and clean.
        follow: Is a symlink at the end of the path followed?
        wildcard: Does the path hold `*`, `?` or `[`?
        includes: Patterns below the path; none means everything.
        excludes: Patterns below the path.
        required: Absolute paths that must be there.
    """

    path: str
    follow: bool = False
    wildcard: bool = False
    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def plain(self) -> bool:
        """Is it one path, and everything there?"""
        return not (self.wildcard or self.includes or self.excludes)


@dataclass(frozen=True, slots=True)
class Owner:
    """A user and a group, each a number, a name or absent."""

    user: int | str | None = None
    group: int | str | None = None


@dataclass(frozen=True, slots=True)
class CopyFiles:
    """Files of one input put into the tree.

    Attributes:
        source: Index of the input they come from.
        selector: Which files.
        destination: Absolute; a slash at the end counts.
        owner: None keeps what the files have.
        mode: Permission bits, a symbolic change, or None.
        contents_only: Is a directory's content copied, instead of the directory?
        unpack: Are archives unpacked?
    """

    source: int
    selector: Selector
    destination: str
    owner: Owner | None = None
    mode: int | str | None = None
    contents_only: bool = False
    unpack: bool = False


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """A directory, with its parents if `parents` is set; `time_ns` is None for now."""

    path: str
    mode: int
    owner: Owner | None = None
    parents: bool = True
    time_ns: int | None = None


@dataclass(frozen=True, slots=True)
class MakeFile:
    """A small file."""

    path: str
    mode: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Image:
    """The root file system of an image; `base` is None where only its name is known."""

    name: str
    platform: str
    base: Base | None


@dataclass(frozen=True, slots=True)
class Local:
    """A folder that the client sends; the main context has no name."""

    name: str
    tree: FileTree


@dataclass(frozen=True, slots=True)
class Remote:
    """A file behind a URL, or a Git repository (`git`); `checksum` is empty if none is asked."""

    url: str
    filename: str
    checksum: str = ""
    git: bool = False


@dataclass(frozen=True, slots=True)
class FileChanges:
    """File operations, done in order on the first input, or on an empty tree."""

    actions: tuple[CopyFiles | MakeDirectory | MakeFile, ...]
    on_input: bool


@dataclass(frozen=True, slots=True)
class Exec:
    """A command; `text` is how a Dockerfile has it, `user` as written."""

    text: str
    user: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Trees laid on one another, the first one at the bottom."""


Operation = Image | Local | Remote | FileChanges | Exec | Merge


@dataclass(frozen=True, slots=True)
class Input:
    """Where a vertex takes files from.

    Attributes:
        vertex: What makes them.
        selector: What a lookup by definition names besides the vertex.
        contents: What a lookup by content compares; None where only definitions count.
    """

    vertex: Vertex
    selector: Hashable = None
    contents: tuple[Selector, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Vertex:
    """One node of the graph; equal nodes of one build are one object.

    Attributes:
        number: Its place in the definition; inputs have smaller ones.
        operation: What it does.
        key: What it is looked up by, apart from its inputs.
        inputs: In order; the first one is what it builds on, if `on_input` says so.
        line: The line of the instruction that made it first.
        stage: The stage that it belongs to.
    """

    number: int
    operation: Operation
    key: Hashable
    inputs: tuple[Input, ...] = ()
    line: int = 0
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the builder's output.

    Attributes:
        facts: What and where it is, without its selections.
        name: The builder's own name for it.
        vertex: What it reports on; None where nothing is looked up.
        sources: For each selection: the source as written, the input's index, what is selected.
    """

    facts: StepFacts
    name: str
    vertex: Vertex | None
    sources: tuple[tuple[str, int, Selector], ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """All that one build does.

    Attributes:
        vertices: Inputs before what takes them.
        rows: Stage by stage, in file order.
        forced: Numbers of the vertices that run whatever the cache holds.
        whole_context: Is all of the main context sent, whatever is taken from it?
    """

    vertices: tuple[Vertex, ...]
    rows: tuple[Row, ...]
    forced: frozenset[int]
    whole_context: bool = False
