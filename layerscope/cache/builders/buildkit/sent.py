"""What of the context a client sends: the paths that steps name, and no more.

A directory from which nothing is taken is not there for the builder, although it lies in the
context: a wildcard in it that matches nothing is an error then.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb/convert.go` (`ctxPaths`, `filterPaths`) and
fsutil's filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, wildcards
from layerscope.cache.definition import Local
from layerscope.dockerfile.dockerignore import Ignore
from layerscope.errors import DockerignoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.builders.buildkit.contents import Checksums
    from layerscope.cache.definition import Definition, Input
    from layerscope.cache.filetree import FileTree

ROOT = "/"
MOST_FOLLOWED = 10_000


def patterns_of(definition: Definition, name: str) -> frozenset[str] | None:
    """The patterns of all that steps take from a context; None where that is all of it."""
    found: set[str] = {ROOT} if definition.whole_context and not name else set()
    for vertex in definition.vertices:
        for each in vertex.inputs:
            operation = each.vertex.operation
            if isinstance(operation, Local) and operation.name == name:
                found.update(_named(each))
    return None if ROOT in found else frozenset(found)


def _named(each: Input) -> Iterator[str]:
    if each.contents is None:
        yield from each.selector if isinstance(each.selector, tuple) else (ROOT,)
        return
    for selector in each.contents:
        for pattern in selector.includes or ("",):
            yield gopath.join(selector.path, pattern)


def malformed(patterns: frozenset[str] | None) -> bool:
    """Is one of the patterns none, so that nothing can be sent?"""
    try:
        Ignore.of(sorted(gopath.inside(each) for each in patterns or ()))
    except DockerignoreError:
        return True
    return False


def is_sent(patterns: frozenset[str], context: Checksums, place: str) -> bool:
    """Does the directory `place` of the context reach the builder?"""
    tree = context.tree
    try:
        wanted = Ignore.of(sorted(_followed(patterns, tree)))
    except DockerignoreError:
        return True
    return wanted.ignored(place) or any(wanted.ignored(path) for path, _ in tree.walk(place))


def _followed(patterns: frozenset[str], tree: FileTree) -> set[str]:
    """The patterns, and the links that are met on the way with what they lead to.

    A component with wildcards that matches a link counts as it is, with all else that it matches.
    """
    found: set[str] = set()
    waiting = sorted(patterns)
    while waiting and len(found) < MOST_FOLLOWED:
        parts = gopath.inside(waiting.pop()).split("/")
        for count in range(1, len(parts) + 1):
            here, rest = "/".join(parts[:count]), "/".join(parts[count:])
            targets = _targets(tree, here)
            if (targets or not rest) and here in found:
                break
            if targets or not rest:
                found.add(here)
                waiting.extend(gopath.join(target, rest) for target in targets)
                break
    return found


def _targets(tree: FileTree, path: str) -> list[str]:
    """Where the links that a path or its last component's wildcards name lead to."""
    folder, _, last = path.rpartition("/")
    names = [last]
    if gopath.has_wildcards(last):
        names = [name for name in tree.children(folder) if wildcards.matches(last, name)]
    found = []
    for name in names:
        node = tree.node(f"{folder}/{name}" if folder else name)
        if node is not None and node.kind == "symlink":
            link = node.link
            found.append(link if link.startswith("/") else gopath.join("/", folder, link))
    return found
