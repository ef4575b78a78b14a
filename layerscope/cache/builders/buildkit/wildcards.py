"""One component of a wildcard path, matched as Go's `path.Match` does, in bounded time."""

from __future__ import annotations

from functools import lru_cache

# What one character of a name must be: any of these ranges, or (negated) none of them. None is a
# star. Without ranges and negated it is any character.
Token = tuple[bool, tuple[tuple[str, str], ...]] | None
ANY_CHARACTER: Token = (True, ())
NOTHING: Token = (False, ())


def matches(pattern: str, name: str) -> bool:
    """Does the component `name` match? A malformed pattern matches nothing.

    >>> matches("*.t[xy]t", "a.txt"), matches("a?", "a")
    (True, False)
    """
    tokens = tokens_of(pattern)
    return tokens is not None and _match(tokens, name)


def _match(tokens: tuple[Token, ...], name: str) -> bool:
    at = here = 0
    star, star_here = -1, 0
    while here < len(name):
        token = tokens[at] if at < len(tokens) else NOTHING
        if token is None:
            star, star_here = at, here
            at += 1
        elif _fits(token, name[here]):
            at += 1
            here += 1
        elif star >= 0:
            # Only the last star can take more: earlier ones took as little as they could.
            star_here += 1
            at, here = star + 1, star_here
        else:
            return False
    return all(token is None for token in tokens[at:])


def _fits(token: tuple[bool, tuple[tuple[str, str], ...]], char: str) -> bool:
    negated, ranges = token
    return any(low <= char <= high for low, high in ranges) != negated


@lru_cache(maxsize=4096)
def tokens_of(pattern: str) -> tuple[Token, ...] | None:
    """The pattern, a token for each character of a name or star; None if it is malformed."""
    tokens: list[Token] = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "*":
            tokens.append(None)
        elif char == "?":
            tokens.append(ANY_CHARACTER)
        elif char == "[":
            token, position = _class(pattern, position + 1)
            if token is None:
                return None
            tokens.append(token)
            continue
        else:
            if char == "\\":
                position += 1
                if position >= len(pattern):
                    return None
                char = pattern[position]
            tokens.append((False, ((char, char),)))
        position += 1
    return tuple(tokens)


def _class(pattern: str, position: int) -> tuple[Token, int]:
    """The class that opens before `position`, and where it ends; None if it is malformed."""
    negated = pattern.startswith("^", position)
    position += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", position)):
        low, position = _class_char(pattern, position)
        high = low
        if low and pattern.startswith("-", position):
            high, position = _class_char(pattern, position + 1)
        if not low or not high:
            return None, position
        ranges.append((low, high))
    return (negated, tuple(ranges)), position + 1


def _class_char(pattern: str, position: int) -> tuple[str, int]:
    if pattern.startswith("\\", position):
        position += 1
    elif pattern[position : position + 1] in {"-", "]"}:
        return "", position
    return pattern[position : position + 1], position + 1
