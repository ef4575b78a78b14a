"""Which files a selector with wildcards or patterns takes from a tree.

Source: BuildKit, `cache/contenthash/checksum.go` (`includedPaths`): a path is matched component by
component; below what matched everything counts, unless patterns say otherwise; a directory that
holds something included counts with its header.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, wildcards
from layerscope.dockerfile.dockerignore import Ignore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.builders.buildkit.contents import Checksums
    from layerscope.cache.definition import Selector
    from layerscope.cache.filetree import FileNode, FileTree


@dataclass(frozen=True, slots=True)
class Selected:
    """One file.

    Attributes:
        path: Absolute, as the selector spells what is in front of it.
        place: Where it lies in the tree.
        node: The file.
        top: Is nothing above it selected with it?
        taken: Is it itself included? Else it is a directory that holds something included.
    """

    path: str
    place: str
    node: FileNode
    top: bool
    taken: bool = True


def literal_prefix(selector: Selector) -> str:
    """The directory that matches are named from: all components before the first wildcard."""
    if not selector.wildcard:
        return "" if selector.path == "/" else selector.path
    parts = gopath.inside(selector.path).split("/")
    literal = []
    for part in parts:
        if gopath.has_wildcards(part):
            break
        literal.append(part)
    return "/" + "/".join(literal) if literal else ""


def matches(tree: FileTree, pattern: str, start: str = "", skip: int = 0) -> list[str]:
    """Places in the tree that match a wildcard path, sorted.

    The first `skip` components of the pattern lead to `start`.
    """
    found = [start]
    for part in gopath.inside(pattern).split("/")[skip:]:
        step: list[str] = []
        for folder in found:
            prefix = f"{folder}/" if folder else ""
            step.extend(
                prefix + name for name in tree.children(folder) if wildcards.matches(part, name)
            )
        found = step
    return sorted(found, key=lambda path: path.split("/"))


def selected(checksums: Checksums, selector: Selector) -> list[Selected]:
    """All that is selected, parents first."""
    found: list[Selected] = []
    for spelled, place in _tops(checksums, selector):
        found.extend(below(checksums.tree, selector, spelled, place))
    return found


def _tops(checksums: Checksums, selector: Selector) -> list[tuple[str, str]]:
    """What the path itself names: as spelled, and where it lies."""
    prefix = literal_prefix(selector)
    # Links in front of a wildcard are followed, and so are those in the middle of a plain path.
    start = checksums.resolve(prefix or "/", follow=selector.wildcard)
    if start is None:
        return []
    if not selector.wildcard:
        return [(prefix, start)]
    skip = len(gopath.inside(prefix).split("/")) if prefix else 0
    cut = len(start) + 1 if start else 0
    return [
        (f"{prefix}/{place[cut:]}", place)
        for place in matches(checksums.tree, selector.path, start, skip)
    ]


class _Patterns:
    """The include and exclude patterns of a selector."""

    def __init__(self, selector: Selector) -> None:
        self._includes = Ignore.of(selector.includes) if selector.includes else None
        self._excludes = Ignore.of(selector.excludes) if selector.excludes else None
        self._literals = [_literal(pattern) for pattern in selector.includes]

    def take(self, path: str) -> bool:
        """Is `path`, relative to what is copied, included?"""
        if self._includes is not None and not self._includes.ignored(path):
            return False
        return self._excludes is None or not self._excludes.ignored(path)

    def may_hold(self, folder: str) -> bool:
        """May something below the folder be included?"""
        if not self._literals or not folder:
            return True
        parts = folder.split("/")
        return any(
            literal is None or literal[: len(parts)] == parts[: len(literal)]
            for literal in self._literals
        )


def _literal(pattern: str) -> list[str] | None:
    """The components of an include pattern before its first special character; None: anything."""
    if pattern.startswith("!"):
        return None
    literal = []
    for part in gopath.inside(pattern).split("/"):
        if gopath.has_wildcards(part) or "\\" in part:
            break
        literal.append(part)
    return literal


def below(tree: FileTree, selector: Selector, top: str, place: str) -> Iterator[Selected]:
    """What is selected at and below one matched place."""
    patterns = _Patterns(selector)
    # The directory that is named with a slash at its end, which is only the root, has no header.
    headless = not top
    open_headers: list[tuple[Selected, bool]] = []
    waiting = [(place, "")]
    while waiting:
        here, relative = waiting.pop()
        node = tree.node(here)
        if node is None:
            continue
        while open_headers and not _inside(here, open_headers[-1][0].place):
            open_headers.pop()
        taken = patterns.take(relative)
        spelled = f"{top}/{relative}" if relative else top
        item = Selected(spelled, here, node, top=not open_headers, taken=taken)
        is_directory = node.kind == "dir"
        if taken and not (headless and not relative):
            for index, (header, given) in enumerate(open_headers):
                if not given:
                    open_headers[index] = (header, True)
                    yield header
            yield item
        if is_directory:
            if not (headless and not relative):
                open_headers.append((item, taken))
            if patterns.may_hold(relative):
                prefix = f"{here}/" if here else ""
                start = f"{relative}/" if relative else ""
                waiting.extend(
                    (prefix + name, start + name) for name in reversed(tree.children(here))
                )


def _inside(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def listed(checksums: Checksums, selector: Selector) -> Iterator[tuple[str, str, FileNode]]:
    """The files behind a selector, for people: what to call it, its place in the tree, the file."""
    tree = checksums.tree
    if not selector.plain:
        for each in selected(checksums, selector):
            place = checksums.resolve(each.place, follow=each.top and selector.follow)
            node = None if place is None else tree.node(place)
            if place is not None and node is not None:
                yield each.place, place, node
        return
    place = checksums.resolve(selector.path, follow=selector.follow)
    node = None if place is None else tree.node(place)
    if place is None or node is None:
        return
    if place:
        yield place, place, node
    if node.kind == "dir":
        for inner, found in tree.walk(place):
            yield inner, inner, found


def names(selectors: Sequence[Selector]) -> tuple[str, ...]:
    """The paths, last first: what a lookup by definition names besides the input."""
    return tuple(sorted((selector.path for selector in selectors), reverse=True))
