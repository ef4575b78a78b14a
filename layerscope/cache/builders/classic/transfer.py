"""COPY and ADD of the classic builder: what is hashed, and what lands where."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.classic.content import Sources, url_value
from layerscope.cache.builders.content_known import Known, Unknown, Whence
from layerscope.cache.builders.placing import (
    Item,
    Placement,
    owner_of,
    place,
    place_unknown,
)
from layerscope.cache.builders.served import SCHEMES, URL_MODE, file_name, served
from layerscope.cache.builders.source_paths import has_wildcards, joined, without_wildcards
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree
from layerscope.cache.step import Ingredient, Selection
from layerscope.dockerfile.instructions import Add, Copy
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Build
    from layerscope.cache.builders.content_known import Content
    from layerscope.cache.builders.copied_from import CopiedFrom
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.dockerfile.instructions import Transfer


@dataclass(frozen=True, slots=True)
class Taken:
    """One thing that is copied: what is compared, what is said of it, and its files."""

    content: Content
    selection: Selection
    item: Item | None
    archive: bool = False


def take(
    build: Build, number: int, instruction: Transfer, origin: CopiedFrom, context: Sources
) -> list[Taken]:
    """All that the instruction copies, in order.

    Raises: `DockerfileError` if a source is not there, or the destination is no directory.
    """
    taken: list[Taken] = []
    for source in instruction.sources:
        if source.startswith(SCHEMES):
            taken.append(_from_url(build, number, instruction, source))
        elif origin.files is not None:
            taken.extend(_from_files(origin.files, source, origin))
        else:
            taken.extend(_from_tree(context, source, origin))
    if not taken:
        problem = f"{instruction.keyword.upper()} failed: no source files were specified"
        raise DockerfileError(problem)
    if len(taken) > 1 and not instruction.destination.endswith("/"):
        problem = (
            f"When using {instruction.keyword.upper()} with more than one source file, "
            "the destination must be a directory and end with a /"
        )
        raise DockerfileError(problem)
    return taken


def _from_tree(sources: Sources, source: str, origin: CopiedFrom) -> list[Taken]:
    return [
        Taken(
            Known(found.value, origin.whence(joined(source))),
            Selection(found.path, origin.name, found.entries),
            Item(sources.tree, found.target, posixpath.basename(found.path)),
        )
        for found in sources.named(source)
    ]


def _from_files(files: Rootfs, source: str, origin: CopiedFrom) -> list[Taken]:
    path = joined(source)
    if files.complete or (not has_wildcards(source) and files.known_file(path)):
        return _from_tree(Sources(files.tree(), of_image=True), source, origin)
    content = files.unknown(without_wildcards(path), path)
    content = replace(content, whence=origin.whence(path))
    return [Taken(content, Selection(path, origin.name, None), None)]


def _from_url(build: Build, number: int, instruction: Transfer, url: str) -> Taken:
    if not isinstance(instruction, Add):
        problem = "COPY failed: source can't be a URL for COPY"
        raise DockerfileError(problem)
    name = file_name(url)
    if not name and instruction.destination.endswith("/"):
        problem = f"ADD failed: cannot determine filename for source {shown(url)}"
        raise DockerfileError(problem)
    file = served(build, url)
    name = name or "__unnamed__"
    if file is None:
        content = Unknown(("url", url, number), number, url, whence=Whence(url, -1, url))
        return Taken(content, Selection(url, "url", None), None)
    node = FileNode("file", URL_MODE, size=len(file.content))
    tree = MemoryTree({name: node}, {name: file.content})
    entries = {name: (node, tree.digest(name))}
    value = url_value(name, tree.digest(name))
    return Taken(Known(value), Selection(url, "url", entries), Item(tree, name, name))


def command(instruction: Transfer) -> tuple[str, ...]:
    """What is compared of the instruction itself."""
    return (instruction.keyword.upper(), instruction.chown, instruction.destination)


def ingredients(instruction: Transfer, taken: list[Taken]) -> tuple[Ingredient, ...]:
    """What the instruction is looked up by, in words."""
    names = tuple(each.selection.source for each in taken)
    found = [
        Ingredient("instruction", "", instruction.keyword.upper()),
        Ingredient("source", "", names),
        Ingredient("destination", "", instruction.destination),
    ]
    if instruction.chown:
        found.append(Ingredient("owner", "", instruction.chown))
    return tuple(found)


def written(files: Rootfs, instruction: Transfer, taken: list[Taken], working_dir: str) -> Rootfs:
    """The image's files after the step. Raises: `DockerfileError` for an unknown owner."""
    owner: tuple[int, int] | None = (0, 0)
    if instruction.chown:
        user, _, group = instruction.chown.partition(":")
        owner = owner_of(files, user, group, group_of_user=False)
    elif isinstance(instruction, Copy) and instruction.from_name:
        owner = None
    destination = instruction.destination
    absolute = joined(
        destination if destination.startswith("/") else f"{working_dir}/{destination}"
    )
    inside = destination.endswith("/") or files.is_directory(absolute)
    placement = Placement(absolute, inside, owner)
    for each in taken:
        if each.item is None or (isinstance(instruction, Add) and _is_archive(each)):
            build = each.content.build if isinstance(each.content, Unknown) else -1
            files = place_unknown(files, absolute, (each.content, owner), build)
        else:
            files = place(files, each.item, placement)
    return files


def _is_archive(taken: Taken) -> bool:
    """Is this a local archive, which ADD unpacks?"""
    from layerscope.cache.builders.archive import is_archive  # noqa: PLC0415 - few builds ADD

    item = taken.item
    return item is not None and taken.selection.origin != "url" and is_archive(item.tree, item.path)
