"""Paths in a tree of files as the Go builders take them: links, and wildcards."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.filetree import FileTree

MAX_LINKS = 255
WILDCARDS = frozenset("*?[")


def joined(*parts: str) -> str:
    """A path relative to the root, cleaned; `..` stops at the root."""
    return posixpath.normpath("/" + "/".join(parts)).lstrip("/")


def resolved(tree: FileTree, path: str, *, last: bool = True) -> str | None:
    """Where `path` leads when links are followed, without leaving the tree; None for a loop.

    What is not there is kept as it is. With `last` false the last part is not followed.
    """
    waiting = [part for part in reversed(path.split("/")) if part not in {"", "."}]
    here = ""
    followed = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            here = here.rpartition("/")[0]
            continue
        step = f"{here}/{part}" if here else part
        node = tree.node(step)
        if node is None or node.kind != "symlink" or not (waiting or last):
            here = step
            continue
        followed += 1
        if followed > MAX_LINKS:
            return None
        if node.link.startswith("/"):
            here = ""
        waiting.extend(p for p in reversed(node.link.split("/")) if p not in {"", "."})
    return here


def has_wildcards(path: str) -> bool:
    """Does `path` hold a wildcard that no backslash takes away?"""
    escaped = False
    for character in path:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character in WILDCARDS:
            return True
    return False


def without_wildcards(path: str) -> str:
    """The directories in front of the first part that holds a wildcard; all of it if none does."""
    parts = path.split("/")
    for count, part in enumerate(parts):
        if has_wildcards(part):
            return "/".join(parts[:count])
    return path


@dataclass(frozen=True, slots=True)
class _Token:
    """One part of a pattern: a star, or a set of characters that one character must be in."""

    star: bool
    ranges: tuple[tuple[str, str], ...] = ()
    negated: bool = False

    def fits(self, character: str) -> bool:
        return self.negated != any(low <= character <= high for low, high in self.ranges)


class Pattern:
    """A pattern of Go's `path/filepath.Match`; a bad one matches nothing."""

    def __init__(self, text: str) -> None:
        """`text` as written."""
        self._parts = [_tokens(part) for part in text.split("/")]

    def matches(self, path: str) -> bool:
        """Does the whole of `path` match?"""
        names = path.split("/")
        return len(names) == len(self._parts) and all(
            _part_matches(tokens, name) for tokens, name in zip(self._parts, names, strict=True)
        )

    def found(self, tree: FileTree, *, through_links: bool = False) -> Iterator[str]:
        """All paths of the tree that match, in the order of a walk.

        With `through_links`, links to directories on the way are followed.
        """
        waiting = [("", 0)]
        while waiting:
            here, depth = waiting.pop()
            if depth == len(self._parts):
                yield here
                continue
            prefix = f"{here}/" if here else ""
            tokens = self._parts[depth]
            directory = resolved(tree, here) if through_links else here
            waiting.extend(
                (prefix + name, depth + 1)
                for name in reversed(tree.children(here if directory is None else directory))
                if _part_matches(tokens, name)
            )


def _tokens(text: str) -> list[_Token] | None:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        character = text[at]
        at += 1
        if character == "*":
            tokens.append(_Token(star=True))
        elif character == "?":
            tokens.append(_Token(star=False, negated=True))
        elif character == "[":
            found = _set(text, at)
            if found is None:
                return None
            token, at = found
            tokens.append(token)
        else:
            if character == "\\":
                if at == len(text):
                    return None
                character = text[at]
                at += 1
            tokens.append(_Token(star=False, ranges=((character, character),)))
    return tokens


def _set(text: str, at: int) -> tuple[_Token, int] | None:
    negated = text[at : at + 1] == "^"
    at += negated
    ranges: list[tuple[str, str]] = []
    while at < len(text) and not (text[at] == "]" and ranges):
        low, at = _member(text, at)
        high = low
        if text[at : at + 1] == "-":
            high, at = _member(text, at + 1)
        if not low or not high:
            return None
        ranges.append((low, high))
    if at >= len(text):
        return None
    return _Token(star=False, ranges=tuple(ranges), negated=negated), at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == "\\":
        at += 1
    elif text[at : at + 1] in {"-", "]"}:
        return "", at
    return text[at : at + 1], at + 1


def _part_matches(tokens: Sequence[_Token] | None, name: str) -> bool:
    if tokens is None:
        return False
    at = token = 0
    star = restart = -1
    while at < len(name):
        if token < len(tokens) and tokens[token].star:
            star, restart = token, at
            token += 1
        elif token < len(tokens) and tokens[token].fits(name[at]):
            at += 1
            token += 1
        elif star >= 0:
            restart += 1
            at, token = restart, star + 1
        else:
            return False
    return all(rest.star for rest in tokens[token:])
