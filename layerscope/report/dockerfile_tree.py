r"""Instructions as BuildKit's own tests write them: `(copy ["--link"] "a" "b")`.

Which characters are printed as they are depends on the Unicode version that Python knows, as in
BuildKit on the one that Go knows.

Source: BuildKit, `frontend/dockerfile/parser` (`Node.Dump`), and Go's `strconv.Quote`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.words_text import escaped

if TYPE_CHECKING:
    from layerscope.dockerfile.node import Node


def tree_text(node: Node) -> str:
    """The instruction on one line, the one inside an `ONBUILD` in brackets of its own."""
    opened: list[str] = []
    inner: Node | None = node
    while inner is not None:
        parts = [lower(inner.keyword)] if inner.keyword else []
        if inner.flags:
            parts.append(f"[{' '.join(map(quoted, inner.flags))}]")
        parts += map(quoted, inner.args)
        opened.append("(" + " ".join(parts))
        inner = inner.onbuild
    return " ".join(opened) + ")" * len(opened)


def quoted(text: str) -> str:
    r"""The whole text in double quotes, as Go prints it with `%q`.

    >>> print(quoted('a"\x00\udcff\u2028'))
    "a\"\x00\xff\u2028"
    """
    return '"' + "".join(escaped(char) for char in text) + '"'
