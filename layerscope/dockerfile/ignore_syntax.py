"""Which patterns Go's `filepath.Match` refuses; a pattern list with one of those is refused."""

from __future__ import annotations

from layerscope.errors import DockerignoreError, shown

SYNTAX_ERROR = "syntax error in pattern"


def check(pattern: str) -> None:
    r"""Nothing, if `pattern` is well-formed.

    Raises:
        DockerignoreError: A class is empty or not closed, a `-` or `]` stands where a character
            of a class should, or nothing follows a backslash.

    >>> check(r"[a-z]\*")
    """
    at = 0
    while at < len(pattern):
        end = _chunk_end(pattern, at)
        if not _well_formed(pattern[at:end]):
            raise DockerignoreError(SYNTAX_ERROR, f"pattern {shown(pattern)}")
        at = end


def _chunk_end(pattern: str, start: int) -> int:
    """Where the text between two stars ends; a star between `[` and `]` is no star."""
    at = start
    while pattern.startswith("*", at):
        at += 1
    in_class = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            at += 1
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "*" and not in_class:
            break
        at += 1
    return at


def _well_formed(chunk: str) -> bool:
    at = len(chunk) - len(chunk.lstrip("*"))
    while at < len(chunk):
        char = chunk[at]
        at += 1
        if char == "[":
            at = _class_end(chunk, at)
            if at < 0:
                return False
        elif char == "\\":
            if at == len(chunk):
                return False
            at += 1
    return True


def _class_end(chunk: str, at: int) -> int:
    """The place behind the `]` of a class whose inside starts at `at`; -1 where it is broken."""
    if chunk.startswith("^", at):
        at += 1
    ranges = 0
    while not (ranges and chunk.startswith("]", at)):
        at = _member_end(chunk, at)
        if at >= 0 and chunk[at] == "-":
            at = _member_end(chunk, at + 1)
        if at < 0:
            return -1
        ranges += 1
    return at + 1


def _member_end(chunk: str, at: int) -> int:
    """The place behind one character of a class, where more must follow; -1 where it is broken."""
    if at >= len(chunk) or chunk[at] in "-]":
        return -1
    if chunk[at] == "\\":
        at += 1
        if at >= len(chunk):
            return -1
    # A byte that is not UTF-8 is not allowed inside a class.
    if "\ud800" <= chunk[at] <= "\udfff":
        return -1
    return at + 1 if at + 1 < len(chunk) else -1
