"""The known name that a misspelled one was meant to be.

Source: BuildKit's `util/suggest`: fewer than three edits, insertions, deletions and substitutions.
Where several names are equally near, BuildKit's answer changes from run to run; here a swap of
letters comes first, then the alphabet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOO_FAR = 3


def nearest(text: str, known: Iterable[str]) -> str | None:
    """The nearest of the known names, or None if none is near or if one is exactly the text.

    An exact match means that something else than the spelling was wrong.
    """
    ranked: list[tuple[int, bool, str]] = []
    for name in known:
        if name == text:
            return None
        # Texts of very different lengths are not near, and may be very long.
        if abs(len(name) - len(text)) >= _TOO_FAR:
            continue
        edits = _edits(text, name)
        if edits < _TOO_FAR:
            ranked.append((edits, sorted(text) != sorted(name), name))
    return min(ranked)[2] if ranked else None


def did_you_mean(text: str, known: Iterable[str]) -> str:
    """`did you mean NAME?` for the hint of an error, or nothing."""
    name = nearest(text, known)
    return f"did you mean {name}?" if name is not None else ""


def _edits(first: str, second: str) -> int:
    """The Levenshtein distance, by one row of the table at a time."""
    row = list(range(len(second) + 1))
    for i, char in enumerate(first, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(second, 1):
            substituted = diagonal + (char != other)
            diagonal = row[j]
            row[j] = min(substituted, diagonal + 1, row[j - 1] + 1)
    return row[-1]
