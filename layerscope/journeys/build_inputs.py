"""What a user names on the command line, as builds: Dockerfiles, contexts, arguments, bases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from layerscope.cache.build import IMAGE_CONTEXT, Build, NamedImage
from layerscope.cache.context import open_context
from layerscope.cache.memory_tree import MemoryTree
from layerscope.cache.replaced_file import ReplacedFile
from layerscope.errors import UsageError, shown
from layerscope.journeys.dockerfile import read_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.cache.context import Context
    from layerscope.cache.filetree import FileTree


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One build as a user describes it.

    Attributes:
        dockerfile: Path of the Dockerfile.
        context: Path of the context's folder; None is an empty context.
        build_args: `NAME=VALUE` texts.
        target: `--target`.
        no_cache: `--no-cache`.
        no_cache_filter: Stage names.
        platforms: `os/arch[/variant]` texts.
        build_contexts: `NAME=FOLDER` or `NAME=docker-image://REFERENCE` texts.
        failing_runs: Texts of `RUN` commands that are known to fail.
        record: Path of a record of the build, which says all the rest; None if there is none.
    """

    dockerfile: str
    context: str | None
    build_args: tuple[str, ...] = ()
    target: str | None = None
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    build_contexts: tuple[str, ...] = ()
    failing_runs: tuple[str, ...] = ()
    record: str | None = None

    @classmethod
    def recorded(cls, record: str) -> BuildRequest:
        """The build that a record describes."""
        return cls("", None, record=record)


@dataclass(slots=True)
class Contexts:
    """Contexts that were opened, so that two builds over one folder read it once.

    Attributes:
        index: Where checksums are kept between runs; None keeps none.
        builder: Whose ignore files count.
        notes: What of the builds had to be taken for granted.
    """

    index: Path | None
    builder: str
    notes: list[str]
    _opened: dict[tuple[str, str], Context]

    @classmethod
    def empty(cls, index: Path | None, builder: str) -> Contexts:
        """Nothing is opened yet."""
        return cls(index, builder, [], {})

    def open(self, folder: str, dockerfile: str) -> Context:
        """The context in `folder` for a build with this Dockerfile."""
        key = (folder, dockerfile)
        if key not in self._opened:
            self._opened[key] = open_context(
                Path(folder), Path(dockerfile), index=self.index, builder=self.builder
            )
        return self._opened[key]

    def keep(self) -> list[str]:
        """The notes, and why checksums could not be kept for the next run, where they could not.

        Nothing that is told of a build depends on what is kept.
        """
        said = [context.keep() for context in self._opened.values()]
        return [*self.notes, *sorted({text for text in said if text})]


def build_of(
    request: BuildRequest,
    contexts: Contexts,
    bases: Mapping[str, NamedImage],
    *,
    place_of: BuildRequest | None = None,
) -> Build:
    """The build that a request describes.

    Args:
        request: What the user said.
        contexts: Opens folders.
        bases: Images by name.
        place_of: The request of the build in question, if this is an earlier one. Over the same
            context its Dockerfile lies where this one lay, so the context holds this one there.

    Raises: `UsageError`; `UnreadableInputError`; `DockerignoreError`.
    """
    if request.record is not None:
        from layerscope.journeys.build_records import recorded_build  # noqa: PLC0415 - few have one

        given = {} if place_of is None else pairs(place_of.build_args, "--build-arg")
        build, notes = recorded_build(request.record, bases, given)
        contexts.notes.extend(notes)
        return build
    text = read_dockerfile(request.dockerfile)
    context, full = _context(request, contexts, text, place_of)
    return Build(
        dockerfile=text,
        context=context,
        full_context=full,
        bases=bases,
        build_args=pairs(request.build_args, "--build-arg"),
        target=request.target,
        no_cache=request.no_cache,
        no_cache_filter=request.no_cache_filter,
        platforms=request.platforms,
        named_contexts=_named_contexts(request, contexts),
        failing_runs=request.failing_runs,
    )


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping; the last one of a name counts.

    Raises: `UsageError` for a text without a name or a value: layerscope does not look into the
        environment, as `docker build` would for a name alone.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UsageError(f"expected NAME=VALUE, found {shown(text)}", option)
        found[name] = value
    return found


def _context(
    request: BuildRequest, contexts: Contexts, text: bytes, place_of: BuildRequest | None
) -> tuple[FileTree, FileTree | None]:
    if request.context is None:
        return MemoryTree({}, {}), None
    if place_of is None or place_of.context != request.context:
        opened = contexts.open(request.context, request.dockerfile)
        return opened.tree, opened.full_tree
    opened = contexts.open(request.context, place_of.dockerfile)
    place = _inside(place_of.dockerfile, request.context)
    if place is None or _inside(request.dockerfile, request.context) is not None:
        return opened.tree, opened.full_tree
    node = opened.tree.node(place)
    if node is None or node.kind != "file" or opened.tree.read(place) == text:
        return opened.tree, opened.full_tree
    return ReplacedFile(opened.tree, place, text), opened.full_tree


def _inside(path: str, folder: str) -> str | None:
    """The path relative to the folder, if it lies in it."""
    try:
        return Path(path).resolve().relative_to(Path(folder).resolve()).as_posix()
    except ValueError:
        return None


def _named_contexts(request: BuildRequest, contexts: Contexts) -> dict[str, FileTree | str]:
    named: dict[str, FileTree | str] = {}
    for name, source in pairs(request.build_contexts, "--build-context").items():
        if source.startswith(IMAGE_CONTEXT):
            named[name] = source.removeprefix(IMAGE_CONTEXT)
        else:
            named[name] = contexts.open(source, "").tree
    return named
