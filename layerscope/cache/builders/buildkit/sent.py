"""What of the context a client sends: the paths that steps name, and no more.

A directory from which nothing is taken is not there for the builder, although it lies in the
context: a wildcard in it that matches nothing is an error then.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb/convert.go` (`ctxPaths`, `filterPaths`) and
fsutil's filter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath
from layerscope.cache.builders.buildkit.selecting import literal_prefix
from layerscope.cache.definition import Local, Selector
from layerscope.dockerfile.dockerignore import Ignore
from layerscope.errors import DockerignoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.builders.buildkit.contents import Checksums
    from layerscope.cache.definition import Definition, Input

ROOT = "/"


def patterns_of(definition: Definition) -> frozenset[str] | None:
    """The patterns of all that steps take from the context; None where that is all of it."""
    found: set[str] = set()
    for vertex in definition.vertices:
        for each in vertex.inputs:
            operation = each.vertex.operation
            if isinstance(operation, Local) and not operation.name:
                found.update(_named(each))
    return None if ROOT in found else frozenset(found)


def _named(each: Input) -> Iterator[str]:
    if each.contents is None:
        yield from each.selector if isinstance(each.selector, tuple) else (ROOT,)
        return
    for selector in each.contents:
        for pattern in selector.includes or ("",):
            yield gopath.join(selector.path, pattern)


def is_sent(patterns: frozenset[str], context: Checksums, place: str) -> bool:
    """Does the directory `place` of the context reach the builder?"""
    spelled = set(patterns)
    for pattern in patterns:
        prefix = literal_prefix(Selector(pattern, wildcard=gopath.has_wildcards(pattern)))
        resolved = context.resolve(prefix or ROOT, follow=True)
        if resolved is not None:
            spelled.add(gopath.join(ROOT, resolved, pattern[len(prefix) :]))
    try:
        wanted = Ignore.of(sorted(gopath.inside(each) for each in spelled))
    except DockerignoreError:
        return True
    tree = context.tree
    return wanted.ignored(place) or any(wanted.ignored(path) for path, _ in tree.walk(place))
