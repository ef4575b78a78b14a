"""Symbolic modes as `--chmod` takes them: what they are, and what they make of a mode.

Source: BuildKit's copy package and `dchapes-mode`, which follows BSD's `setmode`: clauses with
commas between them, each of classes, and then of one or more operators with permissions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SET_UID, SET_GID, STICKY = 0o4000, 0o2000, 0o1000
# What a clause may change; without a class it is all of it but the sticky bit.
CLASSES = {"u": SET_UID | 0o700, "g": SET_GID | 0o070, "o": 0o007}
EVERYONE = SET_UID | SET_GID | 0o777
OTHERS = 0o007
SHIFTS = {"u": 6, "g": 3, "o": 0}
BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
OPERATORS = frozenset("+-=")
PERMISSIONS = frozenset("rwxXstugo")


def is_symbolic(text: str) -> bool:
    """Is it a symbolic mode?

    >>> is_symbolic("u=rw,go=r"), is_symbolic("g=u"), is_symbolic("u=rw,"), is_symbolic("644")
    (True, True, False, False)
    """
    return all(_is_clause(clause) for clause in text.split(","))


def _is_clause(clause: str) -> bool:
    rest = clause.lstrip("augo")
    if not rest or rest[0] not in OPERATORS:
        return False
    return all(char in OPERATORS or char in PERMISSIONS for char in rest)


def applied(text: str, mode: int, *, is_dir: bool) -> int:
    """What a symbolic mode makes of the mode of a file or directory.

    >>> oct(applied("go-rwx,u+x", 0o644, is_dir=False))
    '0o700'
    """
    new = mode
    for clause in text.split(","):
        rest = clause.lstrip("augo")
        classes = clause[: len(clause) - len(rest)]
        for operator, permissions in _operations(rest):
            new = _changed(new, mode, classes, operator, permissions, is_dir=is_dir)
    return new


def _operations(text: str) -> Iterator[tuple[str, str]]:
    start = 0
    for index in range(1, len(text) + 1):
        if index == len(text) or text[index] in OPERATORS:
            yield text[start], text[start + 1 : index]
            start = index


def _changed(
    new: int, old: int, classes: str, operator: str, permissions: str, *, is_dir: bool
) -> int:
    who = 0
    for char in classes:
        who |= EVERYONE if char == "a" else CLASSES[char]
    # A set-id or sticky bit cannot be given to others alone.
    special = not who or bool(who & ~OTHERS)
    bits = copied = 0
    for char in permissions:
        if char in BITS:
            bits |= BITS[char]
        elif char == "s" and special:
            bits |= SET_UID | SET_GID
        elif char == "t" and special:
            bits |= STICKY
            who |= STICKY if who else 0
        elif char == "X" and (operator == "-" or is_dir or old & BITS["x"]):
            bits |= BITS["x"]
        elif char in SHIFTS:
            copied |= 0o111 * (new >> SHIFTS[char] & 0o7)
    bits = (bits | copied) & (who or EVERYONE | STICKY)
    if operator == "+":
        return new | bits
    if operator == "-":
        return new & ~bits
    return new & ~(who or EVERYONE) | bits
