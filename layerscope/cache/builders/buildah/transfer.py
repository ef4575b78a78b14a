"""COPY and ADD of buildah: what is digested, and what lands where.

Source: buildah 1.28, `add.go` and `Copy` in `imagebuildah/stage_executor.go`.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildah.content import Digester, Entries, Match, matches, url_value
from layerscope.cache.builders.content_known import Known, Unknown, Whence
from layerscope.cache.builders.copied_from import CopiedFrom
from layerscope.cache.builders.ignored_directories import nothing_ignored
from layerscope.cache.builders.owner_names import OwnerNames
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
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildah.evaluator import Evaluator
    from layerscope.cache.builders.content_known import Content
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.cache.filetree import FileTree
    from layerscope.dockerfile.node import Node

SET_ID_BITS = 0o6000
MOST_MODE = 0xFFFFFFFF
FLAGS = {"copy": ("--chown=", "--chmod=", "--from="), "add": ("--chown=", "--chmod=")}
SUPPORTED = {
    "copy": "the --chmod=<permissions> --chown=<uid:gid> and the --from=<image|stage> flags",
    "add": "the --chmod=<permissions> and the --chown=<uid:gid> flag",
}
OLDEST = "Thu, 01 Jan 1970 00:00:00 GMT"


@dataclass(frozen=True, slots=True)
class Order:
    """A COPY or ADD with its words expanded.

    Attributes:
        add: Is it ADD?
        sources: As named.
        destination: Absolute path, with a slash at its end where a directory is meant.
        chown: Value of the flag; empty if absent.
        chmod: Likewise.
        from_name: Likewise.
    """

    add: bool
    sources: tuple[str, ...]
    destination: str
    chown: str = ""
    chmod: str = ""
    from_name: str = ""


def order_of(node: Node, evaluator: Evaluator) -> Order:
    """The instruction, expanded. Raises: `DockerfileError` for what buildah refuses."""
    keyword = node.keyword.lower()
    words = [evaluator.expand(word) for word in node.args]
    if len(words) < 2:
        problem = f"{keyword.upper()} requires at least one argument"
        raise DockerfileError(problem)
    values = {}
    for flag in node.flags:
        text = evaluator.expand_flag(flag)
        name = next((known for known in FLAGS[keyword] if text.startswith(known)), None)
        if name is None:
            problem = f"{keyword.upper()} only supports {SUPPORTED[keyword]}"
            raise DockerfileError(problem)
        values[name] = text.removeprefix(name)
    chmod = values.get("--chmod=", "")
    if chmod and (not set(chmod) <= set("01234567") or int(chmod, 8) > MOST_MODE):
        problem = f"Error parsing chmod {shown(chmod)}"
        raise DockerfileError(problem)
    return Order(
        keyword == "add",
        tuple(words[:-1]),
        evaluator.absolute(words[-1]),
        values.get("--chown=", ""),
        chmod,
        values.get("--from=", ""),
    )


@dataclass(frozen=True, slots=True)
class Sources(CopiedFrom):
    """The same, and what buildah knows of it besides.

    Attributes:
        hidden: Tells of a directory of the context whether it is ignored itself.
        done: What was worked out so far, since many stages copy the same directories.
    """

    hidden: Callable[[str], bool] = nothing_ignored
    done: dict[Hashable, tuple[tuple[str, bytes], Entries]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A tree that sources are looked up in, and the names of owners there."""

    tree: FileTree
    names: OwnerNames
    hidden: Callable[[str], bool] = nothing_ignored


@dataclass(frozen=True, slots=True)
class Copied:
    """What a COPY or ADD did: what is compared, what is said of it, and the files after it."""

    contents: tuple[Content, ...]
    selections: tuple[Selection, ...]
    ingredients: tuple[Ingredient, ...]
    files: Rootfs


@dataclass(slots=True)
class Transfer:
    """One COPY or ADD in progress; `do` does it."""

    build: Build
    number: int
    order: Order
    origin: Sources
    working_dir: str
    files: Rootfs
    contents: list[Content] = field(default_factory=list)
    selections: list[Selection] = field(default_factory=list)
    times: list[str] = field(default_factory=list)

    def do(self) -> Copied:
        """Copy everything. Raises: `DockerfileError` if it cannot be done."""
        order = self.order
        placement = self._placement()
        local = [self._found(source) for source in order.sources]
        rename = self._rename(local)
        placement = replace(placement, inside=not rename)
        for source, found in zip(order.sources, local, strict=True):
            if source.startswith(SCHEMES):
                self._fetch(source, placement, rename)
            elif found is None:
                self._take_unknown(source, placement)
            else:
                self._take(found[0], found[1], placement, (rename, joined(source)))
        ingredients = [
            Ingredient("instruction", "", "ADD" if order.add else "COPY"),
            Ingredient("destination", "", order.destination),
        ]
        if order.chown:
            ingredients.append(Ingredient("owner", "", _owner_text(order, placement)))
        if self.times:
            ingredients.append(Ingredient("option", "Last-Modified", tuple(self.times)))
        if order.chmod:
            ingredients.append(Ingredient("mode", "", order.chmod))
        return Copied(tuple(self.contents), tuple(self.selections), tuple(ingredients), self.files)

    def _placement(self) -> Placement:
        order = self.order
        owner: tuple[int, int] | None = None if order.from_name else (0, 0)
        if order.chown:
            user, _, group = order.chown.partition(":")
            if not user and not group:
                problem = f"can't find uid for user {shown(order.chown)}"
                raise DockerfileError(problem)
            owner = owner_of(self.files, user, group, group_of_user=True)
        return Placement(
            joined(order.destination),
            inside=True,
            owner=owner,
            mode=int(order.chmod, 8) if order.chmod else None,
            clear=0 if order.from_name else SET_ID_BITS,
        )

    def _found(self, source: str) -> tuple[Lookup, list[Match]] | None:
        """What a local source stands for; None for a URL, and where the files are not known."""
        if source.startswith(SCHEMES):
            if not self.order.add:
                problem = "source can't be a URL for COPY"
                raise DockerfileError(problem)
            return None
        files = self.origin.files
        if files is None:
            context = self.build.context
            look = Lookup(context, OwnerNames.of_tree(context), self.origin.hidden)
        elif files.complete:
            tree = files.tree()
            look = Lookup(tree, OwnerNames.of_tree(tree))
        elif not has_wildcards(source) and files.known_file(joined(source)):
            look = Lookup(files.tree(), OwnerNames.of_origin(files.origin))
        else:
            return None
        return look, matches(look.tree, source, unpacks=self.order.add)

    def _rename(self, local: list[tuple[Lookup, list[Match]] | None]) -> str:
        """The name that a single file gets; empty where files keep theirs."""
        order = self.order
        if len(order.sources) > 1 or order.destination.endswith("/"):
            return ""
        path = joined(order.destination)
        if order.destination == (self.working_dir or "/") or self.files.is_directory(path):
            return ""
        found = local[0]
        if found is not None:
            first = found[1][0]
            if first.node.kind != "file" or first.archive:
                return ""
        return posixpath.basename(path)

    def _take(
        self, look: Lookup, found: list[Match], placement: Placement, names: tuple[str, str]
    ) -> None:
        """Copy what was found; `names` are what a file is renamed to, and the source's path."""
        rename, path = names
        digester = Digester(look.tree, look.names, placement, look.hidden)
        how = (self.order.add, placement.owner, placement.mode)
        done = self.origin.done
        for match in found:
            name = rename or posixpath.basename(match.path)
            key = (match.path, name, *how)
            if key not in done:
                done[key] = digester.value(match, name)
            value, entries = done[key]
            self.contents.append(Known(value, self.origin.whence(path)))
            self.selections.append(Selection(match.path, self.origin.name, entries))
            if match.archive or (rename and match.node.kind == "dir"):
                # A wildcard's directory under a file's name is no case to follow further.
                self.files = place_unknown(self.files, placement.destination, value, -1)
            else:
                item = Item(look.tree, match.target, posixpath.basename(match.path))
                self.files = place(self.files, item, placement)

    def _take_unknown(self, source: str, placement: Placement) -> None:
        files = self.origin.files
        if files is None:
            return
        path = joined(source)
        content = files.unknown(without_wildcards(path), path)
        content = replace(
            content,
            beside=(content.beside, placement.owner, placement.mode),
            whence=self.origin.whence(path),
        )
        self.contents.append(content)
        self.selections.append(Selection(path, self.origin.name, None))
        self.files = place_unknown(self.files, placement.destination, content, content.build)

    def _fetch(self, url: str, placement: Placement, rename: str) -> None:
        name = rename or file_name(url)
        file = served(self.build, url)
        if file is None:
            content = Unknown(
                ("url", url, self.number), self.number, url, whence=Whence(url, -1, url)
            )
            self.contents.append(content)
            self.selections.append(Selection(url, "url", None))
            self.files = place_unknown(self.files, placement.destination, content, self.number)
            return
        owner = placement.owner or (0, 0)
        mode = URL_MODE if placement.mode is None else placement.mode
        node = FileNode("file", mode, *owner, size=len(file.content))
        tree = MemoryTree({name: node}, {name: file.content})
        digest = tree.digest(name)
        modified = file.last_modified or OLDEST
        self.contents.append(Known(url_value(name, digest, owner, mode, modified)))
        self.selections.append(Selection(name, "url", {name: (node, digest)}))
        self.times.append(modified)
        self.files = place(self.files, Item(tree, name, name), placement)


def _owner_text(order: Order, placement: Placement) -> str:
    """The owner in numbers, as it counts; as written where the numbers are not known."""
    owner = placement.owner
    if owner is None or min(owner) < 0:
        return order.chown
    return f"{owner[0]}:{owner[1]}"
