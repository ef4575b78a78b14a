"""`${name//pattern/replacement}`: every match replaced, with `$0` and the like in the replacement.

BuildKit hands the replacement to Go's `Regexp.ReplaceAllString`, for which it is a template. The
pattern has no groups, so `$0` is the match, every other `$name` is nothing, and `$$` is a `$`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.words_text import runes

if TYPE_CHECKING:
    from layerscope.dockerfile.words_budget import Budget
    from layerscope.dockerfile.words_patterns import WordPattern


def replace_all(value: str, pattern: WordPattern, replacement: str, budget: Budget) -> str:
    """`value` with every match of `pattern` replaced, from left to right, as Go does it."""
    literals = template(replacement)
    literal_size = sum(map(len, literals))
    subject = runes(value)
    parts: list[str] = []
    done = 0
    position = 0
    while position <= len(value):
        found = pattern.search(subject, position, budget)
        if found is None:
            break
        start, end = found
        parts.append(value[done:start])
        # An empty match right behind another match counts for nothing.
        if end > done or start == 0:
            budget.grow(literal_size + (len(literals) - 1) * (end - start))
            parts.append(value[start:end].join(literals))
        done = end
        position = end if end > position else position + 1
    parts.append(value[done:])
    return "".join(parts)


def template(replacement: str) -> list[str]:
    """The fixed texts of a replacement; between two of them stands what was matched.

    >>> template("<$0>$$$1${0}")
    ['<', '>$', '']
    """
    texts: list[str] = []
    current: list[str] = []
    at = 0
    while True:
        dollar = replacement.find("$", at)
        if dollar < 0:
            current.append(replacement[at:])
            texts.append("".join(current))
            return texts
        current.append(replacement[at:dollar])
        at = dollar + 1
        if replacement.startswith("$", at):
            current.append("$")
            at += 1
            continue
        name, end = _group(replacement, at)
        if not name:
            current.append("$")
            continue
        at = end
        if name == "0":
            texts.append("".join(current))
            current = []


def _group(replacement: str, at: int) -> tuple[str, int]:
    """The name of a group that starts at `at` and where its spelling ends; or no name."""
    brace = replacement.startswith("{", at)
    start = at + brace
    end = start
    while end < len(replacement) and _names(replacement[end]):
        end += 1
    if end == start or (brace and not replacement.startswith("}", end)):
        return "", at
    return replacement[start:end], end + brace


def _names(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()
