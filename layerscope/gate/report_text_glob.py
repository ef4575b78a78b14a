"""Patterns on texts that have no parts, such as instructions and package URLs."""

from __future__ import annotations

import re

_MARK = re.compile(r"(\\.|\*+|\?)", re.DOTALL)


class TextGlob:
    r"""A pattern on a whole text, compiled once: `*` is any characters, `?` any one.

    A backslash takes the meaning from what follows. Brackets mean nothing, since instructions are
    full of them. Upper and lower case differ. The time grows with the text and nothing else.

    >>> TextGlob("RUN [ -f /a* ] && *").fits("RUN [ -f /a/b ] && make")
    True
    >>> TextGlob("run *").fits("RUN make")
    False
    """

    def __init__(self, pattern: str) -> None:
        parts = [""]
        for word in _MARK.split(pattern):
            if word.startswith("*"):
                parts.append("")
            elif word == "?":
                parts[-1] += "."
            else:
                literal = word[1:] if len(word) == 2 and word.startswith("\\") else word
                parts[-1] += re.escape(literal)
        # What stands between stars has a fixed length, so if it fits at several places, the first
        # is as good as any: atomic groups keep `re` from going back to try the others.
        first, *others = parts
        made = first
        if others:
            made += "".join(f"(?>.*?{part})" for part in others[:-1])
            made += f".*{others[-1]}"
        self._match = re.compile(rf"{made}\Z", re.DOTALL).match

    def fits(self, text: str) -> bool:
        """Whether the pattern is one of all of the text."""
        return self._match(text) is not None
